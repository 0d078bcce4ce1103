import type { Mxid } from '../domain/identifiers/mxid.js';

/** Which policy documents each user has accepted, by URL. */
export abstract class TermsStore {
  /** Adds to what this user has accepted; accepting twice is accepting once. @param time ms since the epoch */
  abstract accept(mxid: Mxid, urls: readonly string[], time: number): Promise<void>;

  /**
   * Whether this user has accepted at least one URL of each choice. What was accepted counts at once, what was taken
   * back a second later at the latest.
   *
   * @param choices the same object for the same question: it is what answers are remembered by
   */
  abstract hasAccepted(mxid: Mxid, choices: readonly (readonly string[])[]): Promise<boolean>;
}
