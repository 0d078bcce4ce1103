import type { Mxid } from '../domain/identifiers/mxid.js';

/** An access token, of which nobody can be told more. */
export interface SignIn {
  readonly mxid: Mxid;
  /** ms since the epoch. */
  readonly createdAt: number;
  /** When it was last known to be used, ms since the epoch. */
  readonly usedAt: number;
}

/** Who is signed in here. Access tokens are kept as hashes only. */
export abstract class AccountStore {
  /**
   * @param accessToken new: one that exists is an error
   * @param createdAt ms since the epoch
   */
  abstract addToken(accessToken: string, mxid: Mxid, createdAt: number): Promise<void>;

  /**
   * Whose token this is. One that another instance has ended may be known for a second.
   *
   * @param outageMs while nothing can be read, what was known so long ago at most is good enough
   * @throws StoreUnavailableError if nothing can be read, and it is not known
   */
  abstract find(accessToken: string, outageMs?: number): Promise<Mxid | undefined>;

  /** @returns whether there was such a token; from then on it is of no use */
  abstract removeToken(accessToken: string): Promise<boolean>;

  /** Notes that these were used at `time`, ms since the epoch. Unknown ones are ignored. Any number may be given. */
  abstract markUsed(accessTokens: readonly string[], time: number): Promise<void>;

  /** Ends all tokens of a user but the `most` that were used or made last. */
  abstract keepLatest(mxid: Mxid, most: number): Promise<void>;

  /** Ends all tokens of these users. @returns how many there were */
  abstract removeOf(mxids: readonly Mxid[]): Promise<number>;

  /** Ends those that were neither made nor used at `time`, ms since the epoch, or later. @returns how many there were */
  abstract purge(time: number): Promise<number>;

  /** The tokens of this user, those first that were used or made last. */
  abstract ofUser(mxid: Mxid): Promise<readonly SignIn[]>;

  /** All tokens, in pages that do not tear users apart; what changes meanwhile may or may not be in it. */
  abstract all(): AsyncIterable<readonly SignIn[]>;
}
