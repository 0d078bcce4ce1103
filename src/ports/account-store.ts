import type { Cause } from '../domain/shared/cause.js';
import type { Mxid } from '../domain/identifiers/mxid.js';

/** An access token, without the token itself. */
export interface SignIn {
  readonly mxid: Mxid;
  /** ms since the epoch. */
  readonly createdAt: number;
  /** When it was last known to be used, ms since the epoch. */
  readonly usedAt: number;
}

/** The access tokens of signed-in users. Only their hashes are stored. */
export abstract class AccountStore {
  /**
   * @param accessToken must be new: an existing token is an error
   * @param createdAt ms since the epoch
   * @param cause for the audit trail; absent: Islet itself
   */
  abstract addToken(accessToken: string, mxid: Mxid, createdAt: number, cause?: Cause): Promise<void>;

  /**
   * The user of a token. A token that another instance has removed may still be found for up to a second.
   *
   * @param outageMs while the store cannot be read, a cached answer of at most this age is used
   * @throws StoreUnavailableError if the store cannot be read and no cached answer can be used
   */
  abstract find(accessToken: string, outageMs?: number): Promise<Mxid | undefined>;

  /** @returns whether the token existed; it is invalid afterwards */
  abstract removeToken(accessToken: string, cause?: Cause): Promise<boolean>;

  /**
   * Records that these tokens were used at `time`, ms since the epoch. Unknown ones are ignored. Any number may be
   * given.
   */
  abstract markUsed(accessTokens: readonly string[], time: number): Promise<void>;

  /** Removes all tokens of a user except the `most` that were used or created last. */
  abstract keepLatest(mxid: Mxid, most: number): Promise<void>;

  /**
   * Removes all tokens of these users. @returns how many there were
   *
   * @param reason for the audit trail
   */
  abstract removeOf(mxids: readonly Mxid[], reason?: string, cause?: Cause): Promise<number>;

  /**
   * Removes tokens that were neither created nor used at or after `time`, ms since the epoch. @returns how many there
   * were
   */
  abstract purge(time: number): Promise<number>;

  /** The tokens of this user, the most recently used or created first. */
  abstract ofUser(mxid: Mxid): Promise<readonly SignIn[]>;

  /**
   * All tokens, in pages. The tokens of one user are never split between pages. Concurrent changes may or may not be
   * included.
   */
  abstract all(): AsyncIterable<readonly SignIn[]>;
}
