import type { Knex } from 'knex';
import type { ChangeFeed, Changes, ClaimChange } from '../../ports/change-feed.js';
import type { Clock } from '../../ports/clock.js';
import { isPostgres, lock, rowsOf } from './dialect.js';
import { loginOptions } from '../shared/login-options.js';
import { CHANNEL, watch } from './change-listener.js';
import { Revocations } from './revocations.js';

/**
 * The change feed, stored in a table. Writers hold a lock from `lock` to their commit, so positions become visible in
 * order: a reader never skips a position that is committed later.
 */
export class KnexChangeFeed implements ChangeFeed {
  /** Followed together with the change feed. */
  readonly revocations: Revocations;

  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly db: Knex,
    private readonly clock: Clock,
  ) {
    this.revocations = new Revocations(db);
  }

  async position(): Promise<number> {
    const [row] = await rowsOf<{ position: number }>(
      this.db.raw(
        'select coalesce((select max(position) from claim_changes), (select position from claim_changes_purged)) as position',
      ),
    );
    return row?.position ?? 0;
  }

  async since(position: number): Promise<Changes | undefined> {
    // One statement, so that no purge happens in between.
    const rows = await rowsOf<Partial<Row> & { readonly purged: number }>(
      this.db.raw(
        `select purged.position as purged, news.* from claim_changes_purged as purged
         left join claim_changes as news on news.position > ? order by news.position`,
        [position],
      ),
    );
    const [{ purged } = { purged: 0 }] = rows;
    if (position < purged) return undefined;
    const news = rows.filter(isChange);
    return { changes: news.map(fromRow), position: news.at(-1)?.position ?? position };
  }

  onChange(listener: () => void): { close(): void } {
    const call = () => listener(); // a new function, so that the same listener can be added twice
    this.listeners.add(call);
    const following = this.revocations.follow();
    const watching = isPostgres(this.db)
      ? watch(
          () => loginOptions(this.db),
          () => this.position(),
          call,
        )
      : undefined;
    return {
      close: () => {
        this.listeners.delete(call);
        following.close();
        watching?.close();
      },
    };
  }

  async purge(time: number): Promise<void> {
    await this.revocations.purge(time);
    await this.db.transaction(async (trx) => {
      const last = await this.table(trx).where('made_at', '<', time).orderBy('position', 'desc').first();
      if (!last) return;
      await this.table(trx).where('position', '<=', last.position).delete();
      await this.purged(trx).where('position', '<', last.position).update({ position: last.position });
    });
  }

  /**
   * For stores: runs a transaction that may `write`, and calls this instance's listeners after the commit.
   *
   * @param mayRevoke whether it may end access tokens or terms
   */
  async transaction<T>(work: (trx: Knex.Transaction) => Promise<T>, { mayRevoke = true } = {}): Promise<T> {
    const result = await this.db.transaction(work);
    if (mayRevoke) void this.revocations.poll();
    for (const listener of this.listeners) listener();
    return result;
  }

  /** For stores: until the end of the transaction, no other writer changes what is read after this call. */
  async lock(trx: Knex.Transaction): Promise<void> {
    await lock(trx, 'islet change feed');
  }

  /** For stores: call it at the end of a transaction, because all other writers wait from here until its commit. */
  async write(trx: Knex.Transaction, changes: readonly ClaimChange[]): Promise<void> {
    if (changes.length === 0) return;
    await this.lock(trx);
    const made_at = this.clock.now();
    for (const change of changes) await this.table(trx).insert({ made_at, ...toRow(change) });
    if (isPostgres(trx)) await trx.raw(`notify ${CHANNEL}`);
  }

  private table(db: Knex = this.db) {
    return db<Row>('claim_changes');
  }

  private purged(db: Knex = this.db) {
    return db<{ position: number }>('claim_changes_purged');
  }
}

interface Row {
  readonly position: number;
  readonly made_at: number;
  readonly source: string;
  /** JSON of a `ClaimChange` without its source. */
  readonly claims: string;
}

/** Not the only row, without a change, if there are none. */
const isChange = <R extends Partial<Row>>(row: R): row is R & Row => typeof row.position === 'number';

function fromRow({ source, claims }: Row): ClaimChange {
  return { source, ...(JSON.parse(claims) as Omit<ClaimChange, 'source'>) };
}

const toRow = ({ source, removed, added, isReload, people }: ClaimChange) => ({
  source,
  claims: JSON.stringify(isReload ? { removed: [], added: [], isReload } : { removed, added, isReload, people }),
});
