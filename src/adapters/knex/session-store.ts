import type { Knex } from 'knex';
import type { Mxid } from '../../domain/identifiers/mxid.js';
import type { Threepid } from '../../domain/identifiers/threepid.js';
import type { ValidationSession } from '../../domain/validation/validation-session.js';
import type { Clock } from '../../ports/clock.js';
import type { SecretBox } from '../../ports/secret-box.js';
import type { SessionStore } from '../../ports/session-store.js';
import { batched } from './batched.js';
import { PAGE } from './chunks.js';
import { isPostgres } from './dialect.js';
import { claimSend } from './send-claims.js';
import { isOneOf, threepidColumns, threepidOf } from './rows.js';
import { type Added, conflictKey, type NewRow, type Row, type Sent, type Wanted } from './session-rows.js';
import { addOrReplace, findLatest, markSent } from './session-statements.js';

/**
 * Client secrets and tokens are sealed. Rows of older versions contain them in clear text; their sealed columns are
 * null.
 */
export class KnexSessionStore implements SessionStore {
  /* Requests at the same time share a statement. */
  private readonly rowOf: (sid: string) => Promise<Row | undefined>;
  private readonly rowFor: (wanted: Wanted) => Promise<Row | undefined>;
  private readonly addTogether: (added: Added) => Promise<boolean>;
  private readonly markTogether: (sent: Sent) => Promise<void>;

  constructor(
    private readonly db: Knex,
    private readonly box: SecretBox,
    private readonly clock: Clock,
  ) {
    const atOnce = isPostgres(db) ? 4 : 1;
    this.rowOf = batched((sids) => this.rowsOf(sids), { atOnce });
    this.rowFor = batched((wanted) => this.rowsFor(wanted), { atOnce });
    // A statement that adds or changes a row twice fails on PostgreSQL.
    this.addTogether = batched((added) => this.addAll(added), { atOnce, keyOf: ({ row }) => conflictKey(row) });
    this.markTogether = batched((sent) => this.markAll(sent), { atOnce, keyOf: ({ sid }) => sid });
  }

  async get(sid: string): Promise<ValidationSession | undefined> {
    const row = await this.rowOf(sid);
    return row && this.fromRow(row);
  }

  async find({ medium, address }: Threepid, clientSecret: string): Promise<ValidationSession | undefined> {
    const references = this.box.references('client secret', clientSecret);
    const row = await this.rowFor({ medium, address, clientSecret, references });
    return row && this.fromRow(row);
  }

  async findOrAdd(session: ValidationSession, aliveSince: number): Promise<ValidationSession> {
    for (;;) {
      // A session of an older version, or one sealed with another key, does not conflict with the new row in the table.
      const known = await this.find(session.threepid, session.clientSecret);
      if (known && known.modifiedAt >= aliveSince) return known;
      const [isAdded] = await this.addAll([{ row: this.toRow(session), aliveSince }]);
      if (isAdded) return session;
      const older = await this.find(session.threepid, session.clientSecret);
      if (older) return older; // otherwise it was purged in between
    }
  }

  async markValidated(sid: string, validatedAt: number): Promise<void> {
    await this.table().where({ sid }).update({ validated_at: validatedAt, modified_at: validatedAt });
  }

  async save(session: ValidationSession): Promise<void> {
    await this.table().where({ sid: session.sid }).update(this.toRow(session));
  }

  async addClaimed(session: ValidationSession, aliveSince: number, attempt: number): Promise<boolean> {
    const row = { ...this.toRow(session), sending_attempt: attempt, sending_at: this.clock.now() };
    return this.addTogether({ row, aliveSince });
  }

  claimSend(sid: string, attempt: number): Promise<boolean> {
    return claimSend(this.db, this.clock, sid, attempt);
  }

  async releaseSend(sid: string, attempt: number): Promise<void> {
    await this.db('validation_sessions')
      .where({ sid, sending_attempt: attempt })
      .update({ sending_attempt: null, sending_at: null });
  }

  async markSent(sid: string, attempt: number, nextLink: string | undefined, isNew = false): Promise<void> {
    await this.markTogether({ sid, attempt, nextLink, isNew });
  }

  async countGuess(sid: string): Promise<number> {
    const [row] = await this.table().where({ sid }).increment('guesses').returning('guesses');
    return row?.guesses ?? 1;
  }

  async renew(sid: string, token: string, most: number): Promise<ValidationSession | undefined> {
    await this.table()
      .where({ sid })
      .whereNull('validated_at')
      .where('guesses', '>=', most)
      .update({ token: '', sealed_token: this.box.seal('validation token', token), guesses: 0 });
    return this.get(sid);
  }

  async purge(time: number): Promise<void> {
    const old = () => this.table().where('modified_at', '<', time).orderBy('modified_at').limit(PAGE).select('sid');
    while ((await this.table().whereIn('sid', old()).delete()) === PAGE);
  }

  /** `undefined` if the row was sealed with a key that is no longer available. */
  private fromRow(row: Row): ValidationSession | undefined {
    const { sealed_client_secret, sealed_token } = row;
    const clientSecret =
      sealed_client_secret === null ? row.client_secret : this.box.open('client secret', sealed_client_secret);
    const token = sealed_token === null ? row.token : this.box.open('validation token', sealed_token);
    if (clientSecret === undefined || token === undefined) return undefined;
    return {
      sid: row.sid,
      threepid: threepidOf(row),
      clientSecret,
      token,
      sendAttempt: row.send_attempt,
      nextLink: row.next_link ?? undefined,
      validatedAt: row.validated_at ?? undefined,
      openedAt: row.opened_at,
      openedBy: (row.opened_by as Mxid | null) ?? undefined,
      modifiedAt: row.modified_at,
    };
  }

  private toRow(session: ValidationSession): NewRow {
    return {
      sid: session.sid,
      ...threepidColumns(session.threepid),
      client_secret: this.box.references('client secret', session.clientSecret)[0],
      sealed_client_secret: this.box.seal('client secret', session.clientSecret),
      token: '',
      sealed_token: this.box.seal('validation token', session.token),
      send_attempt: session.sendAttempt,
      next_link: session.nextLink ?? null,
      validated_at: session.validatedAt ?? null,
      opened_at: session.openedAt,
      opened_by: session.openedBy ?? null,
      modified_at: session.modifiedAt,
    };
  }

  private async rowsOf(sids: readonly string[]): Promise<readonly (Row | undefined)[]> {
    const rows = await this.table().where(isOneOf(this.db, 'sid', sids));
    const bySid = new Map(rows.map((row) => [row.sid, row]));
    return sids.map((sid) => bySid.get(sid));
  }

  /** The latest row for each threepid and client secret. */
  private async rowsFor(wanted: readonly Wanted[]): Promise<readonly (Row | undefined)[]> {
    const keys = wanted.flatMap(({ medium, address, clientSecret, references }) =>
      [...references, clientSecret].map((text) => [medium, address, text] as const),
    );
    const rows = await findLatest(this.db, keys);
    return wanted.map(({ medium, address, clientSecret, references }) =>
      rows.find(
        (row) =>
          row.medium === medium &&
          row.address === address &&
          (row.sealed_client_secret === null
            ? row.client_secret === clientSecret
            : references.includes(row.client_secret)),
      ),
    );
  }

  /**
   * Whether each was added. The oldest `aliveSince` counts for all of them: a session that another one takes for expired
   * is then found and replaced by `findOrAdd`.
   */
  private async addAll(added: readonly Added[]): Promise<readonly boolean[]> {
    const aliveSince = Math.min(...added.map((session) => session.aliveSince));
    const rows = added.map(({ row }) => row);
    const sids = await addOrReplace(this.db, rows, aliveSince);
    return rows.map(({ sid }) => sids.has(sid));
  }

  private async markAll(sent: readonly Sent[]): Promise<readonly undefined[]> {
    await markSent(this.db, sent);
    return sent.map(() => undefined);
  }

  private table() {
    return this.db<Row>('validation_sessions');
  }
}
