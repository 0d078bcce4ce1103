import type { Knex } from 'knex';
import type { StoredInvite } from '../../domain/invites/invite.js';
import { keyOf, type Threepid } from '../../domain/identifiers/threepid.js';
import type { JsonObject } from '../../domain/signing/canonical-json.js';
import type { AuditAction } from '../../ports/audit-log.js';
import type { InviteStore, PendingMail } from '../../ports/invite-store.js';
import type { SecretBox } from '../../ports/secret-box.js';
import type { NewJob } from '../../domain/jobs/job.js';
import { BY_ISLET, type Cause } from '../../domain/shared/cause.js';
import { groupBy } from '../../domain/shared/group-by.js';
import type { KnexAuditLog } from './audit-log.js';
import { batched } from './batched.js';
import { purgeDelivered } from './delivered-invites.js';
import type { KnexJobQueue } from './job-queue.js';
import { chunksOf, inChunks, PAGE, pages } from './chunks.js';
import { isPostgres } from './dialect.js';
import { columnsOf, detailsOf, type InviteRow as Row, SEALED_KEY } from './invite-rows.js';
import { isAmong, isOneOf, type ThreepidColumns, threepidOf } from './rows.js';

/** Larger requests have a statement of their own. */
const MOST_SHARED = 100;

/** Tokens and pending mails are sealed. Rows of older versions are in clear text until `sealAll`. */
export class KnexInviteStore implements InviteStore {
  private readonly findTogether: (threepids: readonly Threepid[]) => Promise<readonly StoredInvite[]>;

  constructor(
    private readonly db: Knex,
    private readonly jobs: KnexJobQueue,
    private readonly box: SecretBox,
    private readonly audit: KnexAuditLog,
  ) {
    this.findTogether = batched((wanted) => this.findEach(wanted), { atOnce: isPostgres(db) ? 4 : 1 });
  }

  async add(
    invite: StoredInvite,
    jobs: readonly NewJob[],
    pendingMail?: JsonObject,
    cause: Cause = BY_ISLET,
  ): Promise<void> {
    const pending_mail = pendingMail ? this.box.seal('invite mail', JSON.stringify(pendingMail)) : null;
    await this.db.transaction(async (trx) => {
      await this.table(trx).insert({ ...this.toRow(invite), pending_mail });
      const { sender: mxid, threepid, roomId: detail } = invite;
      await this.audit.addWithin(trx, [{ action: 'invited', mxid, threepid, detail }], cause);
      await this.jobs.addWithin(trx, jobs);
    });
  }

  async pendingMails(threepid: Threepid): Promise<readonly PendingMail[]> {
    const rows = await this.waiting()
      .where(isAmong(this.db, [threepid]))
      .whereNotNull('pending_mail')
      .orderBy('created_at', 'desc');
    return rows.flatMap((row) => {
      const token = this.tokenOf(row);
      const mail = row.pending_mail?.startsWith('{')
        ? row.pending_mail
        : this.box.open('invite mail', row.pending_mail ?? '');
      return token === undefined || mail === undefined ? [] : { token, mail: JSON.parse(mail) as JsonObject };
    });
  }

  async clearPendingMails(tokens: readonly string[]): Promise<void> {
    for (const chunk of chunksOf(tokens)) await this.table().where(this.isNamed(chunk)).update({ pending_mail: null });
  }

  async get(token: string): Promise<StoredInvite | undefined> {
    const row = await this.table()
      .where(this.isNamed([token]))
      .first();
    return row && this.fromRow(row);
  }

  /** Small requests at the same time share a statement. */
  async findWaiting(threepids: readonly Threepid[]): Promise<readonly StoredInvite[]> {
    if (threepids.length > MOST_SHARED) return this.findAll(threepids);
    return threepids.length > 0 ? this.findTogether(threepids) : [];
  }

  async waitingThreepids(): Promise<readonly Threepid[]> {
    const rows: ThreepidColumns[] = await this.waiting()
      .groupBy('medium', 'address')
      .select('medium', 'address', this.db.raw('max(alias) as alias'));
    return rows.map(threepidOf);
  }

  async deliver(tokens: readonly string[], time: number, jobs: readonly NewJob[]): Promise<void> {
    if (tokens.length === 0) return this.jobs.add(jobs);
    await this.db.transaction(async (trx) => {
      for (const chunk of chunksOf(tokens)) {
        await this.note(trx, 'invite_delivered', this.waiting(trx).where(this.isNamed(chunk)));
        await this.waiting(trx)
          .where(this.isNamed(chunk))
          .update({ delivered_at: time, failure: null, pending_mail: null });
      }
      await this.jobs.addWithin(trx, jobs);
    });
  }

  async confirm(token: string, time: number): Promise<void> {
    await this.table()
      .where(this.isNamed([token]))
      .update({ confirmed_at: time, failure: null });
  }

  async markRefused(token: string, failure: string): Promise<void> {
    await this.table()
      .where(this.isNamed([token]))
      .whereNotNull('delivered_at')
      .update({ confirmed_at: null, failure });
  }

  async markUnmailed(tokens: readonly string[], failure: string): Promise<void> {
    for (const chunk of chunksOf(tokens))
      await this.waiting().where(this.isNamed(chunk)).update({ failure, pending_mail: null });
  }

  async requeue(token: string, failure?: string): Promise<void> {
    await this.table()
      .where(this.isNamed([token]))
      .update({ delivered_at: null, confirmed_at: null, failure: failure ?? null });
  }

  async *all(): AsyncIterable<readonly StoredInvite[]> {
    const found = pages<Row>((after) => {
      const page = this.table().orderBy('token').limit(PAGE);
      return after ? page.where('token', '>', after.token) : page;
    });
    for await (const rows of found) yield rows.flatMap((row) => this.fromRow(row) ?? []);
  }

  async remove(token: string, cause: Cause = BY_ISLET): Promise<boolean> {
    return this.db.transaction(async (trx) => {
      const named = () => this.table(trx).where(this.isNamed([token]));
      await this.note(trx, 'invite_revoked', named(), cause);
      return (await named().delete()) > 0;
    });
  }

  async purgeWaiting(time: number): Promise<void> {
    await this.db.transaction(async (trx) => {
      const old = () => this.waiting(trx).where('created_at', '<', time);
      await this.note(trx, 'invite_expired', old());
      await old().delete();
    });
  }

  purgeDelivered(time: number, limit: number): Promise<number> {
    return this.db.transaction((trx) => purgeDelivered(trx, time, limit, this.audit));
  }

  async hasEphemeralKey(publicKey: string): Promise<boolean> {
    if (publicKey === '') return false; // imported invitations have no key of their own
    const own = await this.table().where({ ephemeral_public_key: publicKey }).first('token');
    return (own ?? (await this.db('imported_ephemeral_keys').where({ public_key: publicKey }).first())) !== undefined;
  }

  /** Seals the rows of older versions. Call it only when no older version is running any more. */
  async sealAll(): Promise<void> {
    const found = pages<Row>((after) => {
      const page = this.table().whereNull('sealed_token').orderBy('token').limit(PAGE);
      return after ? page.where('token', '>', after.token) : page;
    });
    for await (const rows of found) {
      for (const { token, key_id, pending_mail } of rows) {
        await this.table()
          .where({ token, sealed_token: null })
          .update({
            ...this.tokenColumns(token, key_id),
            ...(pending_mail?.startsWith('{') && { pending_mail: this.box.seal('invite mail', pending_mail) }),
          });
      }
    }
  }

  private async findAll(threepids: readonly Threepid[]): Promise<readonly StoredInvite[]> {
    const rows = await inChunks(threepids, (chunk) => this.waiting().where(isAmong(this.db, chunk)));
    return oldestFirst(rows.flatMap((row) => this.fromRow(row) ?? []));
  }

  private async findEach(wanted: readonly (readonly Threepid[])[]): Promise<readonly (readonly StoredInvite[])[]> {
    const distinct = new Map(wanted.flat().map((threepid) => [keyOf(threepid), threepid]));
    const found = groupBy(await this.findAll([...distinct.values()]), ({ threepid }) => keyOf(threepid));
    return wanted.map((threepids) =>
      oldestFirst([...new Set(threepids.map(keyOf))].flatMap((key) => found.get(key) ?? [])),
    );
  }

  /**
   * For `where`: the invitations with these tokens. A stored reference must not be accepted as a token: otherwise read
   * access to the database would be enough to use it.
   */
  private isNamed(tokens: readonly string[]): Knex.Raw {
    const references = tokens.flatMap((token) => this.box.references('invite token', token));
    return this.db.raw('((? and sealed_token is not null) or (? and sealed_token is null))', [
      isOneOf(this.db, 'token', references),
      isOneOf(this.db, 'token', tokens),
    ]);
  }

  /** Records the same about each of these invitations. */
  private async note(trx: Knex, action: AuditAction, invites: Knex.QueryBuilder, cause = BY_ISLET): Promise<void> {
    const rows: readonly Row[] = await invites.forUpdate();
    const entries = rows.map((row) => ({ action, mxid: row.sender, threepid: threepidOf(row), detail: row.room_id }));
    await this.audit.addWithin(trx, entries, cause);
  }

  private tokenColumns(token: string, keyId: string): Pick<Row, 'token' | 'sealed_token' | 'key_id'> {
    return {
      token: this.box.references('invite token', token)[0],
      sealed_token: this.box.seal('invite token', token),
      key_id: `${SEALED_KEY}${keyId}`,
    };
  }

  private tokenOf({ token, sealed_token }: Row): string | undefined {
    return sealed_token === null ? token : this.box.open('invite token', sealed_token);
  }

  /**
   * `undefined` if the row was sealed with a key that is no longer available; signing for it is then impossible too.
   */
  private fromRow(row: Row): StoredInvite | undefined {
    const token = this.tokenOf(row);
    return token === undefined ? undefined : { ...detailsOf(row), token };
  }

  private toRow(invite: StoredInvite): Row {
    return { ...columnsOf(invite), ...this.tokenColumns(invite.token, invite.keyId) };
  }

  private waiting(db: Knex = this.db) {
    return this.table(db).whereNull('delivered_at');
  }

  private table(db: Knex = this.db) {
    return db<Row>('invites');
  }
}

const oldestFirst = (invites: readonly StoredInvite[]): readonly StoredInvite[] =>
  invites.toSorted((a, b) => a.createdAt - b.createdAt);
