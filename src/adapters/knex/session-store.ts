import type { Knex } from 'knex';
import type { Mxid } from '../../domain/identifiers/mxid.js';
import type { Threepid } from '../../domain/identifiers/threepid.js';
import type { ValidationSession } from '../../domain/validation/validation-session.js';
import type { SessionStore } from '../../ports/session-store.js';
import { type ThreepidColumns, threepidColumns, threepidOf } from './rows.js';

export class KnexSessionStore implements SessionStore {
  constructor(private readonly db: Knex) {}

  async get(sid: string): Promise<ValidationSession | undefined> {
    const row = await this.table().where({ sid }).first();
    return row && fromRow(row);
  }

  async find({ medium, address }: Threepid, clientSecret: string): Promise<ValidationSession | undefined> {
    const row = await this.table().where({ medium, address, client_secret: clientSecret }).first();
    return row && fromRow(row);
  }

  async findOrAdd(session: ValidationSession, aliveSince: number): Promise<ValidationSession> {
    for (;;) {
      const [added] = await this.table()
        .insert({ ...toRow(session), guesses: 0 })
        .onConflict(['medium', 'address', 'client_secret'])
        .merge()
        .where('validation_sessions.modified_at', '<', aliveSince)
        .returning('*');
      if (added) return fromRow(added);
      const older = await this.find(session.threepid, session.clientSecret);
      if (older) return older; // else it was purged in between
    }
  }

  async save(session: ValidationSession): Promise<void> {
    await this.table().where({ sid: session.sid }).update(toRow(session));
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
      .update({ token, guesses: 0 });
    return this.get(sid);
  }

  async purge(time: number): Promise<void> {
    await this.table().where('modified_at', '<', time).delete();
  }

  private table() {
    return this.db<Row>('validation_sessions');
  }
}

interface Row extends ThreepidColumns {
  readonly sid: string;
  readonly client_secret: string;
  readonly token: string;
  readonly send_attempt: number;
  readonly next_link: string | null;
  readonly validated_at: number | null;
  readonly opened_at: number;
  readonly opened_by: string | null;
  readonly modified_at: number;
  readonly guesses: number;
}

const fromRow = (row: Row): ValidationSession => ({
  sid: row.sid,
  threepid: threepidOf(row),
  clientSecret: row.client_secret,
  token: row.token,
  sendAttempt: row.send_attempt,
  nextLink: row.next_link ?? undefined,
  validatedAt: row.validated_at ?? undefined,
  openedAt: row.opened_at,
  openedBy: (row.opened_by as Mxid | null) ?? undefined,
  modifiedAt: row.modified_at,
});

const toRow = (session: ValidationSession): Omit<Row, 'guesses'> => ({
  sid: session.sid,
  ...threepidColumns(session.threepid),
  client_secret: session.clientSecret,
  token: session.token,
  send_attempt: session.sendAttempt,
  next_link: session.nextLink ?? null,
  validated_at: session.validatedAt ?? null,
  opened_at: session.openedAt,
  opened_by: session.openedBy ?? null,
  modified_at: session.modifiedAt,
});
