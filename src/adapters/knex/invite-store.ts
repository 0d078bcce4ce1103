import type { Knex } from 'knex';
import type { StoredInvite } from '../../domain/invites/invite.js';
import type { Mxid } from '../../domain/identifiers/mxid.js';
import type { Threepid } from '../../domain/identifiers/threepid.js';
import type { JsonObject } from '../../domain/signing/canonical-json.js';
import type { InviteStore, PendingMail } from '../../ports/invite-store.js';
import type { NewJob } from '../../domain/jobs/job.js';
import type { KnexJobQueue } from './job-queue.js';
import { chunksOf, inChunks, PAGE, pages } from './chunks.js';
import { isAmong, isOneOf, type ThreepidColumns, threepidColumns, threepidOf } from './rows.js';

export class KnexInviteStore implements InviteStore {
  constructor(
    private readonly db: Knex,
    private readonly jobs: KnexJobQueue,
  ) {}

  async add(invite: StoredInvite, jobs: readonly NewJob[], pendingMail?: JsonObject): Promise<void> {
    const pending_mail = pendingMail ? JSON.stringify(pendingMail) : null;
    await this.db.transaction(async (trx) => {
      await this.table(trx).insert({ ...toRow(invite), pending_mail });
      await this.jobs.addWithin(trx, jobs);
    });
  }

  async pendingMails(threepid: Threepid): Promise<readonly PendingMail[]> {
    const rows = await this.waiting()
      .where(isAmong(this.db, [threepid]))
      .whereNotNull('pending_mail')
      .orderBy('created_at', 'desc')
      .select('token', 'pending_mail');
    return rows.map(({ token, pending_mail }) => ({ token, mail: JSON.parse(pending_mail ?? '{}') as JsonObject }));
  }

  async clearPendingMails(tokens: readonly string[]): Promise<void> {
    for (const chunk of chunksOf(tokens))
      await this.table()
        .where(isOneOf(this.db, 'token', chunk))
        .update({ pending_mail: null });
  }

  async get(token: string): Promise<StoredInvite | undefined> {
    const row = await this.table().where({ token }).first();
    return row && fromRow(row);
  }

  async findWaiting(threepids: readonly Threepid[]): Promise<readonly StoredInvite[]> {
    const rows = await inChunks(threepids, (chunk) => this.waiting().where(isAmong(this.db, chunk)));
    return rows.map(fromRow).sort((a, b) => a.createdAt - b.createdAt);
  }

  async waitingThreepids(): Promise<readonly Threepid[]> {
    const rows: ThreepidColumns[] = await this.waiting()
      .groupBy('medium', 'address')
      .select('medium', 'address', this.db.raw('max(alias) as alias'));
    return rows.map(threepidOf);
  }

  async deliver(tokens: readonly string[], time: number, jobs: readonly NewJob[]): Promise<void> {
    await this.db.transaction(async (trx) => {
      for (const chunk of chunksOf(tokens)) {
        await this.waiting(trx)
          .where(isOneOf(trx, 'token', chunk))
          .update({ delivered_at: time, failure: null, pending_mail: null });
      }
      await this.jobs.addWithin(trx, jobs);
    });
  }

  async confirm(token: string, time: number): Promise<void> {
    await this.table().where({ token }).update({ confirmed_at: time, failure: null });
  }

  async markRefused(token: string, failure: string): Promise<void> {
    await this.table().where({ token }).whereNotNull('delivered_at').update({ confirmed_at: null, failure });
  }

  async markUnmailed(tokens: readonly string[], failure: string): Promise<void> {
    for (const chunk of chunksOf(tokens))
      await this.waiting()
        .where(isOneOf(this.db, 'token', chunk))
        .update({ failure, pending_mail: null });
  }

  async requeue(token: string, failure?: string): Promise<void> {
    await this.table()
      .where({ token })
      .update({ delivered_at: null, confirmed_at: null, failure: failure ?? null });
  }

  async *all(): AsyncIterable<readonly StoredInvite[]> {
    const found = pages<Row>((after) => {
      const page = this.table().orderBy('token').limit(PAGE);
      return after ? page.where('token', '>', after.token) : page;
    });
    for await (const rows of found) yield rows.map(fromRow);
  }

  async remove(token: string): Promise<boolean> {
    return (await this.table().where({ token }).delete()) > 0;
  }

  async purgeWaiting(time: number): Promise<void> {
    await this.waiting().where('created_at', '<', time).delete();
  }

  async hasEphemeralKey(publicKey: string): Promise<boolean> {
    return (await this.table().where({ ephemeral_public_key: publicKey }).first('token')) !== undefined;
  }

  private waiting(db: Knex = this.db) {
    return this.table(db).whereNull('delivered_at');
  }

  private table(db: Knex = this.db) {
    return db<Row>('invites');
  }
}

interface Row extends ThreepidColumns {
  readonly token: string;
  readonly room_id: string;
  readonly sender: Mxid;
  readonly ephemeral_public_key: string;
  readonly key_id: string;
  readonly created_at: number;
  readonly delivered_at: number | null;
  readonly confirmed_at: number | null;
  readonly failure: string | null;
  readonly pending_mail?: string | null;
}

const fromRow = (row: Row): StoredInvite => ({
  token: row.token,
  threepid: threepidOf(row),
  roomId: row.room_id,
  sender: row.sender,
  ephemeralPublicKey: row.ephemeral_public_key,
  keyId: row.key_id,
  createdAt: row.created_at,
  deliveredAt: row.delivered_at ?? undefined,
  ...(row.confirmed_at !== null && { confirmedAt: row.confirmed_at }),
  ...(row.failure !== null && { failure: row.failure }),
});

const toRow = (invite: StoredInvite): Row => ({
  token: invite.token,
  ...threepidColumns(invite.threepid),
  room_id: invite.roomId,
  sender: invite.sender,
  ephemeral_public_key: invite.ephemeralPublicKey,
  key_id: invite.keyId,
  created_at: invite.createdAt,
  delivered_at: invite.deliveredAt ?? null,
  confirmed_at: invite.confirmedAt ?? null,
  failure: invite.failure ?? null,
});
