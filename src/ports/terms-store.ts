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
   * @param outageMs while nothing can be read, what was known so long ago at most is good enough
   * @throws StoreUnavailableError if nothing can be read, and it is not known
   */
  abstract hasAccepted(mxid: Mxid, choices: readonly (readonly string[])[], outageMs?: number): Promise<boolean>;
}
