import type { Mxid } from '../../domain/mxid.js';
import type { AccountStore } from '../../ports/account-store.js';

export class MemoryAccountStore implements AccountStore {
  private readonly owners = new Map<string, Mxid>();

  async addToken(accessToken: string, mxid: Mxid): Promise<void> {
    if (this.owners.has(accessToken)) throw new Error('this access token exists');
    this.owners.set(accessToken, mxid);
  }

  async find(accessToken: string): Promise<Mxid | undefined> {
    return this.owners.get(accessToken);
  }

  async removeToken(accessToken: string): Promise<boolean> {
    return this.owners.delete(accessToken);
  }
}
