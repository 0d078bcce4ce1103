import type { Knex } from 'knex';
import type { AccountCheck } from '../../domain/account-checks/account-check.js';
import { homeserverOf, type Mxid } from '../../domain/identifiers/mxid.js';
import type { AccountStatusStore } from '../../ports/account-status-store.js';
import { isPostgres, jsonArray, rowsOf } from './dialect.js';
import { chunksOf, inChunks, PAGE, pages } from './chunks.js';
import { isOneOf } from './rows.js';

export class KnexAccountStatusStore implements AccountStatusStore {
  constructor(private readonly db: Knex) {}

  async add(mxids: readonly Mxid[], time: number): Promise<void> {
    for (const chunk of chunksOf([...new Set(mxids)].toSorted())) {
      await this.db.raw(
        `insert into account_checks (mxid, homeserver, wanted_at, due_at)
         select value->>0, value->>1, ?, ? from ${jsonArray(this.db)} where true on conflict (mxid) do nothing`,
        [time, time, JSON.stringify(chunk.map((mxid) => [mxid, homeserverOf(mxid)]))],
      );
    }
  }

  async requestCheck(mxids: readonly Mxid[], time: number, takenBefore: number): Promise<void> {
    for (const chunk of chunksOf(mxids)) {
      await this.rowsOf(chunk).where('taken_at', '<', takenBefore).update({ wanted_at: time, due_at: time });
    }
  }

  async take(homeserver: string, time: number, leaseUntil: number, limit: number): Promise<readonly AccountCheck[]> {
    const rows = await rowsOf<Row>(
      this.db.raw(
        `update account_checks set due_at = ?, taken_at = ? where mxid in (
           select mxid from account_checks where homeserver = ? and due_at <= ?
           order by wanted_at desc, due_at limit ? ${isPostgres(this.db) ? 'for update skip locked' : ''}
         ) returning *`,
        [leaseUntil, time, homeserver, time, limit],
      ),
    );
    return rows.map(fromRow);
  }

  async answer(mxids: readonly Mxid[], exists: boolean, time: number, dueAt: number): Promise<void> {
    for (const chunk of chunksOf(mxids)) {
      await this.rowsOf(chunk).update({ has_account: exists, answered_at: time, due_at: dueAt, wanted_at: 0 });
    }
  }

  async postpone(mxids: readonly Mxid[], dueAt: number): Promise<void> {
    for (const chunk of chunksOf(mxids)) await this.rowsOf(chunk).update({ due_at: dueAt });
  }

  async find(mxids: readonly Mxid[]): Promise<readonly AccountCheck[]> {
    return inChunks([...new Set(mxids)], async (chunk) => (await this.rowsOf(chunk)).map(fromRow));
  }

  async *answeredSince(time: number): AsyncIterable<readonly AccountCheck[]> {
    const read = (after: Row | undefined) => {
      const rows = this.table().where('answered_at', '>=', time).orderBy(['answered_at', 'mxid']).limit(PAGE);
      return after ? rows.whereRaw('(answered_at, mxid) > (?, ?)', [after.answered_at ?? 0, after.mxid]) : rows;
    };
    for await (const rows of pages<Row>(read)) yield rows.map(fromRow);
  }

  async homeservers(): Promise<readonly string[]> {
    return this.table().distinct('homeserver').pluck('homeserver');
  }

  async remove(mxids: readonly Mxid[]): Promise<void> {
    for (const chunk of chunksOf(mxids)) await this.rowsOf(chunk).delete();
  }

  private rowsOf(mxids: readonly Mxid[]) {
    return this.table().where(isOneOf(this.db, 'mxid', mxids));
  }

  private table() {
    return this.db<Row>('account_checks');
  }
}

interface Row {
  readonly mxid: Mxid;
  readonly homeserver: string;
  /** SQLite returns a number. */
  readonly has_account: boolean | number | null;
  readonly answered_at: number | null;
  readonly taken_at: number;
  readonly wanted_at: number;
  readonly due_at: number;
}

const fromRow = ({ mxid, has_account, answered_at }: Row): AccountCheck => ({
  mxid,
  exists: has_account === null ? undefined : Boolean(has_account),
  answeredAt: answered_at ?? undefined,
});
