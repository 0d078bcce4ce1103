import type { Mxid } from '../domain/identifiers/mxid.js';

/** Checks whether homeserver accounts exist. */
export abstract class AccountLookup {
  /**
   * Whether an account with this user ID exists on its homeserver. A deactivated account does not exist.
   *
   * @throws if this cannot be determined: there was no answer, or the answer was inconclusive. The message names the
   *   hop and the reason, and no user
   */
  abstract has(mxid: Mxid): Promise<boolean>;
}
