import type { Mxid } from '../domain/identifiers/mxid.js';

/** Which policy documents each user has accepted, by URL. */
export abstract class TermsStore {
  /** Adds to what this user has accepted; accepting twice is accepting once. @param time ms since the epoch */
  abstract accept(mxid: Mxid, urls: readonly string[], time: number): Promise<void>;

  /** Those of `urls` that this user has accepted. */
  abstract accepted(mxid: Mxid, urls: readonly string[]): Promise<readonly string[]>;
}
