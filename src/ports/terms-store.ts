import type { Cause } from '../domain/shared/cause.js';
import type { Mxid } from '../domain/identifiers/mxid.js';

/** Which policy documents each user has accepted, by URL. */
export abstract class TermsStore {
  /**
   * Adds to the URLs that this user has accepted; accepting a URL twice has no further effect. @param time ms since the
   * epoch
   */
  abstract accept(mxid: Mxid, urls: readonly string[], time: number, cause?: Cause): Promise<void>;

  /**
   * Whether this user has accepted at least one URL of each choice. An acceptance counts immediately, a revocation
   * after a second at most.
   *
   * @param choices must be the same object for the same question: it is the cache key
   * @param outageMs while the store cannot be read, a cached answer of at most this age is used
   * @throws StoreUnavailableError if the store cannot be read and no cached answer can be used
   */
  abstract hasAccepted(mxid: Mxid, choices: readonly (readonly string[])[], outageMs?: number): Promise<boolean>;

  /**
   * Removes up to `limit` acceptances from before `time` (ms since the epoch), except those of the `current` URLs.
   *
   * @returns how many were removed
   */
  abstract purge(current: readonly string[], time: number, limit: number): Promise<number>;
}
