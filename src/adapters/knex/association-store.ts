import type { Knex } from 'knex';
import { BINDINGS, type Binding } from '../../domain/association.js';
import type { Mxid } from '../../domain/mxid.js';
import type { Threepid } from '../../domain/threepid.js';
import type { AssociationStore } from '../../ports/association-store.js';
import type { NewJob } from '../../ports/jobs.js';
import type { KnexChangeFeed } from './change-feed.js';
import { addJobs } from './jobs.js';
import { inChunks, PAGE, pages } from './paging.js';
import { isAmong, type ThreepidColumns, threepidColumns, threepidOf } from './rows.js';

export class KnexAssociationStore implements AssociationStore {
  constructor(
    private readonly db: Knex,
    private readonly feed: KnexChangeFeed,
  ) {}

  async find(threepids: readonly Threepid[]): Promise<readonly Binding[]> {
    return inChunks(threepids, async (chunk) => (await this.table().where(isAmong(this.db, chunk))).map(fromRow));
  }

  async bind(binding: Binding, jobs: readonly NewJob[]): Promise<void> {
    const { threepid, mxid } = binding;
    const { medium, address } = threepid;
    await this.feed.transaction(async (trx) => {
      await this.feed.lock(trx);
      const former = await this.table(trx).where({ medium, address });
      await this.table(trx).insert(toRow(binding)).onConflict(['medium', 'address']).merge();
      await addJobs(trx, jobs);
      await this.feed.write(trx, [
        { source: BINDINGS, removed: former.map(claimOf), added: [{ threepid, mxid }], isReload: false },
      ]);
    });
  }

  async unbind({ medium, address }: Threepid, mxid: Mxid): Promise<boolean> {
    return this.feed.transaction(async (trx) => {
      await this.feed.lock(trx);
      const bound = await this.table(trx).where({ medium, address, mxid });
      if (bound.length === 0) return false;
      await this.table(trx).where({ medium, address, mxid }).delete();
      await this.feed.write(trx, [{ source: BINDINGS, removed: bound.map(claimOf), added: [], isReload: false }]);
      return true;
    });
  }

  async *all(): AsyncIterable<readonly Binding[]> {
    const found = pages<Row>((after) => {
      const page = this.table().orderBy(['medium', 'address']).limit(PAGE);
      return after ? page.whereRaw('(medium, address) > (?, ?)', [after.medium, after.address]) : page;
    });
    for await (const rows of found) yield rows.map(fromRow);
  }

  private table(db: Knex = this.db) {
    return db<Row>('associations');
  }
}

interface Row extends ThreepidColumns {
  readonly mxid: Mxid;
  readonly bound_at: number;
  readonly not_before: number;
  readonly not_after: number;
}

const claimOf = (row: Row) => ({ threepid: threepidOf(row), mxid: row.mxid });

const fromRow = (row: Row): Binding => ({
  ...claimOf(row),
  boundAt: row.bound_at,
  notBefore: row.not_before,
  notAfter: row.not_after,
});

const toRow = ({ threepid, mxid, boundAt, notBefore, notAfter }: Binding): Row => ({
  ...threepidColumns(threepid),
  mxid,
  bound_at: boundAt,
  not_before: notBefore,
  not_after: notAfter,
});
