import type { Knex } from 'knex';
import { type Binding } from '../../domain/associations/binding.js';
import { BINDINGS } from '../../domain/associations/binding.js';
import type { Mxid } from '../../domain/identifiers/mxid.js';
import { bindingKey } from '../../domain/identifiers/mailbox.js';
import type { Threepid } from '../../domain/identifiers/threepid.js';
import type { AssociationStore } from '../../ports/association-store.js';
import type { NewJob } from '../../domain/jobs/job.js';
import { BY_ISLET, type Cause } from '../../domain/shared/cause.js';
import type { KnexAuditLog } from './audit-log.js';
import { type AssociationRow, associationRow, bindingFromRow, claimOf } from './association-rows.js';
import type { KnexChangeFeed } from './change-feed.js';
import type { KnexJobQueue } from './job-queue.js';
import { inChunks, PAGE, pages } from './chunks.js';
import { jsonArray } from './dialect.js';
import { isAmong, isOneOf, threepidOf } from './rows.js';

export class KnexAssociationStore implements AssociationStore {
  constructor(
    private readonly db: Knex,
    private readonly feed: KnexChangeFeed,
    private readonly jobs: KnexJobQueue,
    private readonly audit: KnexAuditLog,
  ) {}

  async find(threepids: readonly Threepid[]): Promise<readonly Binding[]> {
    return inChunks(threepids, async (chunk) =>
      (await this.table().where(isAmong(this.db, chunk))).map(bindingFromRow),
    );
  }

  async bind(binding: Binding, jobs: readonly NewJob[], cause: Cause = BY_ISLET): Promise<void> {
    await this.feed.transaction(async (trx) => {
      await this.feed.lock(trx);
      const former = await this.spelled(trx, binding.threepid);
      await this.spelled(trx, binding.threepid).delete();
      await this.table(trx).insert(associationRow(binding));
      await this.jobs.addWithin(trx, jobs);
      const detail = `bound to ${binding.mxid}`;
      const replaced = former
        .filter(({ mxid }) => mxid !== binding.mxid)
        .map((row) => ({ action: 'unbound' as const, mxid: row.mxid, threepid: threepidOf(row), detail }));
      const entry = { action: 'bound', mxid: binding.mxid, threepid: binding.threepid } as const;
      await this.audit.addWithin(trx, [...replaced, entry], cause);
      await this.feed.write(trx, [
        {
          source: BINDINGS,
          removed: former.map(bindingFromRow).map(claimOf),
          added: [claimOf(binding)],
          isReload: false,
        },
      ]);
    });
  }

  async unbind(threepid: Threepid, mxid: Mxid, cause: Cause = BY_ISLET): Promise<boolean> {
    return this.feed.transaction(async (trx) => {
      await this.feed.lock(trx);
      const bound = await this.spelled(trx, threepid).where({ mxid });
      if (bound.length === 0) return false;
      await this.spelled(trx, threepid).where({ mxid }).delete();
      await this.audit.addWithin(trx, [{ action: 'unbound', mxid, threepid }], cause);
      await this.feed.write(trx, [
        { source: BINDINGS, removed: bound.map(bindingFromRow).map(claimOf), added: [], isReload: false },
      ]);
      return true;
    });
  }

  async purge(time: number): Promise<void> {
    const isOver = (db?: Knex) => this.table(db).where('not_after', '<', time);
    // Usually there is nothing to do, and no lock is needed to find out.
    if (!(await isOver().first())) return;
    await this.feed.transaction(async (trx) => {
      await this.feed.lock(trx);
      const over = await isOver(trx);
      if (over.length === 0) return;
      await isOver(trx).delete();
      const expired = over.map(bindingFromRow).map(({ mxid, threepid }) => ({ mxid, threepid }));
      await this.audit.addWithin(
        trx,
        expired.map((one) => ({ action: 'binding_expired', ...one })),
        BY_ISLET,
      );
      await this.feed.write(trx, [
        { source: BINDINGS, removed: over.map(bindingFromRow).map(claimOf), added: [], isReload: false },
      ]);
    });
  }

  async boundUsers(mxids: readonly Mxid[]): Promise<ReadonlySet<Mxid>> {
    const rows = await inChunks(mxids, (chunk) =>
      this.table()
        .where(isOneOf(this.db, 'mxid', chunk))
        .distinct('mxid'),
    );
    return new Set(rows.map(({ mxid }) => mxid));
  }

  async *all(): AsyncIterable<readonly Binding[]> {
    const found = pages<AssociationRow>((after) => {
      const page = this.table().orderBy(['medium', 'address']).limit(PAGE);
      return after ? page.whereRaw('(medium, address) > (?, ?)', [after.medium, after.address]) : page;
    });
    for await (const rows of found) yield rows.map(bindingFromRow);
  }

  /** Sets `mailbox` for bindings of older versions. */
  async fillMailboxes(): Promise<void> {
    for (;;) {
      const rows = await this.table().whereNull('mailbox').limit(PAGE);
      if (rows.length === 0) return;
      const pairs = rows.map((row) => [row.medium, row.address, bindingKey(threepidOf(row))]);
      await this.db.raw(
        `update associations set mailbox = filled.mailbox
         from (select value->>0 as medium, value->>1 as address, value->>2 as mailbox from ${jsonArray(this.db)}) as filled
         where associations.medium = filled.medium and associations.address = filled.address`,
        [JSON.stringify(pairs)],
      );
    }
  }

  /** Matches all spellings of the mailbox, or the number. */
  private spelled(trx: Knex, threepid: Threepid) {
    const { medium, address } = threepid;
    return this.table(trx)
      .where({ medium })
      .whereRaw('(address = ? or mailbox = ?)', [address, bindingKey(threepid)]);
  }

  private table(db: Knex = this.db) {
    return db<AssociationRow>('associations');
  }
}
