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
    const rows = await this.table().where('position', '>', position).orderBy('position');
    // Queried last: if a purge happens in between, it is noticed here.
    const purged = await this.purged().first();
    if (purged && position < purged.position) return undefined;
    return { changes: rows.map(fromRow), position: rows.at(-1)?.position ?? position };
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

  /** For stores: runs a transaction that may `write`, and calls this instance's listeners after the commit. */
  async transaction<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
    const result = await this.db.transaction(work);
    void this.revocations.poll();
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

function fromRow({ source, claims }: Row): ClaimChange {
  return { source, ...(JSON.parse(claims) as Omit<ClaimChange, 'source'>) };
}

const toRow = ({ source, removed, added, isReload, people }: ClaimChange) => ({
  source,
  claims: JSON.stringify(isReload ? { removed: [], added: [], isReload } : { removed, added, isReload, people }),
});
