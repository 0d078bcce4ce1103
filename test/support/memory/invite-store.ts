import type { StoredInvite } from '../../../src/domain/invites/invite.js';
import { keyOf, type Threepid } from '../../../src/domain/identifiers/threepid.js';
import type { JsonObject } from '../../../src/domain/signing/canonical-json.js';
import type { InviteStore, PendingMail } from '../../../src/ports/invite-store.js';
import type { NewJob } from '../../../src/domain/jobs/job.js';
import type { MemoryJobQueue } from './job-queue.js';
import { pagesOf } from './chunks.js';

export class MemoryInviteStore implements InviteStore {
  private readonly invites = new Map<string, StoredInvite>();
  private readonly mails = new Map<string, JsonObject>();
  private readonly formerKeys = new Set<string>();

  constructor(private readonly jobs: MemoryJobQueue) {}

  async add(invite: StoredInvite, jobs: readonly NewJob[], pendingMail?: JsonObject): Promise<void> {
    if (this.invites.has(invite.token)) throw new Error('an invitation with this token exists');
    this.jobs.queue(jobs);
    this.invites.set(invite.token, invite);
    if (pendingMail) this.mails.set(invite.token, pendingMail);
  }

  async pendingMails(threepid: Threepid): Promise<readonly PendingMail[]> {
    const waiting = (await this.findWaiting([threepid])).toReversed();
    return waiting.flatMap(({ token }) => {
      const mail = this.mails.get(token);
      return mail ? { token, mail } : [];
    });
  }

  async clearPendingMails(tokens: readonly string[]): Promise<void> {
    for (const token of tokens) this.mails.delete(token);
  }

  async get(token: string): Promise<StoredInvite | undefined> {
    return this.invites.get(token);
  }

  async findWaiting(threepids: readonly Threepid[]): Promise<readonly StoredInvite[]> {
    const wanted = new Set(threepids.map(keyOf));
    return this.waiting()
      .filter(({ threepid }) => wanted.has(keyOf(threepid)))
      .sort((a, b) => a.createdAt - b.createdAt);
  }

  async waitingThreepids(): Promise<readonly Threepid[]> {
    return [...new Map(this.waiting().map(({ threepid }) => [keyOf(threepid), threepid])).values()];
  }

  async deliver(tokens: readonly string[], time: number, jobs: readonly NewJob[]): Promise<void> {
    this.jobs.queue(jobs);
    const handedOver = new Set(tokens);
    for (const invite of this.waiting()) {
      if (!handedOver.has(invite.token)) continue;
      this.change(invite.token, { deliveredAt: time, failure: undefined });
      this.mails.delete(invite.token);
    }
  }

  async confirm(token: string, time: number): Promise<void> {
    this.change(token, { confirmedAt: time, failure: undefined });
  }

  async markRefused(token: string, failure: string): Promise<void> {
    if (this.invites.get(token)?.deliveredAt !== undefined) this.change(token, { confirmedAt: undefined, failure });
  }

  async markUnmailed(tokens: readonly string[], failure: string): Promise<void> {
    for (const token of tokens) {
      if (this.invites.get(token)?.deliveredAt !== undefined) continue;
      this.change(token, { failure });
      this.mails.delete(token);
    }
  }

  async requeue(token: string, failure?: string): Promise<void> {
    this.change(token, { deliveredAt: undefined, confirmedAt: undefined, failure });
  }

  all(): AsyncIterable<readonly StoredInvite[]> {
    return pagesOf(this.invites.values());
  }

  async remove(token: string): Promise<boolean> {
    return this.invites.delete(token);
  }

  async purgeWaiting(time: number): Promise<void> {
    for (const { token, createdAt } of this.waiting()) if (createdAt < time) this.invites.delete(token);
  }

  async purgeDelivered(time: number, limit: number): Promise<number> {
    const old = [...this.invites.values()].filter(({ deliveredAt = Infinity, confirmedAt, failure }) => {
      const isAnswered = confirmedAt !== undefined || failure !== undefined;
      return deliveredAt < (isAnswered ? time : time - 30 * 24 * 60 * 60 * 1000);
    });
    const page = old.slice(0, limit);
    for (const { token, ephemeralPublicKey } of page) {
      this.formerKeys.add(ephemeralPublicKey);
      this.invites.delete(token);
    }
    return page.length;
  }

  async hasEphemeralKey(publicKey: string): Promise<boolean> {
    if (this.formerKeys.has(publicKey)) return true;
    return [...this.invites.values()].some(({ ephemeralPublicKey }) => ephemeralPublicKey === publicKey);
  }

  private change(token: string, change: { [K in keyof StoredInvite]?: StoredInvite[K] | undefined }): void {
    const invite = this.invites.get(token);
    // As in a database, undefined values are absent.
    const known = Object.entries({ ...invite, ...change }).filter(
      ([key, value]) => value !== undefined || key === 'deliveredAt',
    );
    if (invite) this.invites.set(token, Object.fromEntries(known) as unknown as StoredInvite);
  }

  private waiting(): readonly StoredInvite[] {
    return [...this.invites.values()].filter(({ deliveredAt }) => deliveredAt === undefined);
  }
}
