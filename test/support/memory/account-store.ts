import type { Mxid } from '../../../src/domain/identifiers/mxid.js';
import type { AccountStore, SignIn } from '../../../src/ports/account-store.js';
import { pagesOf } from './chunks.js';

export class MemoryAccountStore implements AccountStore {
  private readonly owners = new Map<string, SignIn>();

  async addToken(accessToken: string, mxid: Mxid, createdAt: number): Promise<void> {
    if (this.owners.has(accessToken)) throw new Error('this access token exists');
    this.owners.set(accessToken, { mxid, createdAt, usedAt: createdAt });
  }

  async find(accessToken: string): Promise<Mxid | undefined> {
    return this.owners.get(accessToken)?.mxid;
  }

  async removeToken(accessToken: string): Promise<boolean> {
    return this.owners.delete(accessToken);
  }

  async markUsed(accessTokens: readonly string[], time: number): Promise<void> {
    for (const accessToken of accessTokens) {
      const owner = this.owners.get(accessToken);
      if (owner && owner.usedAt < time) this.owners.set(accessToken, { ...owner, usedAt: time });
    }
  }

  async keepLatest(mxid: Mxid, most: number): Promise<void> {
    for (const [accessToken] of this.latest(mxid).slice(most)) this.owners.delete(accessToken);
  }

  async removeOf(mxids: readonly Mxid[]): Promise<number> {
    return this.removeWhere(({ mxid }) => mxids.includes(mxid));
  }

  async purge(time: number): Promise<number> {
    return this.removeWhere(({ usedAt }) => usedAt < time);
  }

  async ofUser(mxid: Mxid): Promise<readonly SignIn[]> {
    return this.latest(mxid).map(([, owner]) => owner);
  }

  all(): AsyncIterable<readonly SignIn[]> {
    return pagesOf([...this.owners.values()].sort((a, b) => (a.mxid < b.mxid ? -1 : 1)));
  }

  /** For stores: all users who are signed in. */
  users(): readonly Mxid[] {
    return [...this.owners.values()].map(({ mxid }) => mxid);
  }

  /** For stores: revokes the access tokens of a user that were created before `time`. */
  revokeBefore(mxid: Mxid, time: number): void {
    this.removeWhere((owner) => owner.mxid === mxid && owner.createdAt < time);
  }

  private latest(mxid: Mxid): readonly (readonly [string, SignIn])[] {
    return [...this.owners]
      .filter(([, owner]) => owner.mxid === mxid)
      .sort(([, a], [, b]) => b.usedAt - a.usedAt || b.createdAt - a.createdAt);
  }

  private removeWhere(isMeant: (owner: SignIn) => boolean): number {
    const meant = [...this.owners].filter(([, owner]) => isMeant(owner));
    for (const [accessToken] of meant) this.owners.delete(accessToken);
    return meant.length;
  }
}
