import type { Knex } from 'knex';
import type { ChangeFeed, Changes, ClaimChange } from '../../ports/change-feed.js';
import type { Clock } from '../../ports/clock.js';
import { isPostgres, lock, rowsOf } from './dialect.js';
import { CHANNEL, watch } from './change-listener.js';
import { Revocations } from './revocations.js';

/**
 * The changes in a table. Writers take turns from `lock` to their commit, so positions become
 * visible in order: a reader never passes one that is still to come.
 */
export class KnexChangeFeed implements ChangeFeed {
  /** What was ended is followed by whoever follows what changed. */
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
    // Asked last: a purge that comes between takes nothing from `rows` unseen.
    const purged = await this.purged().first();
    if (purged && position < purged.position) return undefined;
    return { changes: rows.map(fromRow), position: rows.at(-1)?.position ?? position };
  }

  onChange(listener: () => void): { close(): void } {
    const call = () => listener(); // each its own, also when a listener is given twice
    this.listeners.add(call);
    const following = this.revocations.follow();
    const watching = isPostgres(this.db)
      ? watch(this.db.client.config.connection, () => this.position(), call)
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

  /** For stores: runs a transaction that may `write`, and tells this instance's listeners after its commit. */
  async transaction<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
    const result = await this.db.transaction(work);
    void this.revocations.look();
    for (const listener of this.listeners) listener();
    return result;
  }

  /** For stores: what is read after this and written with it is not changed by others in between. */
  async lock(trx: Knex.Transaction): Promise<void> {
    await lock(trx, 'islet change feed');
  }

  /** For stores: best at the end of a transaction, because all others wait for its commit from here. */
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
