import type { Mxid } from '../domain/identifiers/mxid.js';

/** Which accounts homeservers have. */
export abstract class AccountLookup {
  /**
   * Whether this user's homeserver has an account of this name. One that was closed is none.
   *
   * @throws if that is not to be known: no answer, or one that says neither. The message names the hop
   *   and the reason, and no user
   */
  abstract has(mxid: Mxid): Promise<boolean>;
}
