import type { Mxid } from '../../../src/domain/identifiers/mxid.js';
import type { AccountStore } from '../../../src/ports/account-store.js';

export class MemoryAccountStore implements AccountStore {
  private readonly owners = new Map<string, { readonly mxid: Mxid; readonly createdAt: number }>();

  async addToken(accessToken: string, mxid: Mxid, createdAt: number): Promise<void> {
    if (this.owners.has(accessToken)) throw new Error('this access token exists');
    this.owners.set(accessToken, { mxid, createdAt });
  }

  async find(accessToken: string): Promise<Mxid | undefined> {
    return this.owners.get(accessToken)?.mxid;
  }

  async removeToken(accessToken: string): Promise<boolean> {
    return this.owners.delete(accessToken);
  }

  /** For stores: everybody who is signed in. */
  users(): readonly Mxid[] {
    return [...this.owners.values()].map(({ mxid }) => mxid);
  }

  /** For stores: ends the access tokens of a user that were made before `time`. */
  revokeBefore(mxid: Mxid, time: number): void {
    for (const [accessToken, owner] of this.owners) {
      if (owner.mxid === mxid && owner.createdAt < time) this.owners.delete(accessToken);
    }
  }
}
