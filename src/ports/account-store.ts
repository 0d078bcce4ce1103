import type { Mxid } from '../domain/identifiers/mxid.js';

/** Who is signed in here. Access tokens are kept as hashes only. */
export abstract class AccountStore {
  /**
   * @param accessToken new: one that exists is an error
   * @param createdAt ms since the epoch
   */
  abstract addToken(accessToken: string, mxid: Mxid, createdAt: number): Promise<void>;

  /** Whose token this is. One that another instance has ended may be known for a second. */
  abstract find(accessToken: string): Promise<Mxid | undefined>;

  /** @returns whether there was such a token; from then on it is of no use */
  abstract removeToken(accessToken: string): Promise<boolean>;
}
