import type { Knex } from 'knex';
import { type Binding } from '../../domain/associations/binding.js';
import { BINDINGS } from '../../domain/associations/binding.js';
import type { ClaimText } from '../../domain/associations/claim-text.js';
import type { Mxid } from '../../domain/identifiers/mxid.js';
import { bindingKey } from '../../domain/identifiers/mailbox.js';
import { keyOf, type Threepid } from '../../domain/identifiers/threepid.js';
import type { AssociationStore } from '../../ports/association-store.js';
import type { NewJob } from '../../domain/jobs/job.js';
import { BY_ISLET, type Cause } from '../../domain/shared/cause.js';
import { StoreUnavailableError } from '../../domain/shared/errors.js';
import { groupBy } from '../../domain/shared/group-by.js';
import type { CausedEntry, KnexAuditLog } from './audit-log.js';
import {
  type AssociationRow,
  bindingFromRow,
  claimOf,
  formerRows,
  insertBindings,
  mailboxOf,
} from './association-rows.js';
import { batched } from './batched.js';
import { bindingClaims } from './binding-claims.js';
import type { KnexChangeFeed } from './change-feed.js';
import type { KnexJobQueue } from './job-queue.js';
import { inChunks, PAGE, pages } from './chunks.js';
import { isPostgres, jsonArray } from './dialect.js';
import { isAmong, isOneOf, threepidOf } from './rows.js';

/** Larger requests have a statement of their own. */
const MOST_SHARED = 100;

interface Bind {
  readonly binding: Binding;
  readonly jobs: readonly NewJob[];
  readonly cause: Cause;
}

/** @param former the previous binding of the mailbox */
function auditEntries({ binding, cause }: Bind, former: readonly AssociationRow[]): readonly CausedEntry[] {
  const detail = `bound to ${binding.mxid}`;
  const replaced = former
    .filter(({ mxid }) => mxid !== binding.mxid)
    .map((row) => ({ action: 'unbound' as const, mxid: row.mxid, threepid: threepidOf(row), detail }));
  const entry = { action: 'bound', mxid: binding.mxid, threepid: binding.threepid } as const;
  return [...replaced, entry].map((entry) => ({ entry, cause }));
}

export class KnexAssociationStore implements AssociationStore {
  private readonly bindTogether: (bind: Bind) => Promise<void>;
  private readonly findTogether: (threepids: readonly Threepid[]) => Promise<readonly Binding[]>;

  constructor(
    private readonly db: Knex,
    private readonly feed: KnexChangeFeed,
    private readonly jobs: KnexJobQueue,
    private readonly audit: KnexAuditLog,
  ) {
    this.findTogether = batched((wanted) => this.findEach(wanted), { atOnce: isPostgres(db) ? 4 : 1 });
    this.bindTogether = batched((binds) => this.bindAll(binds), {
      atOnce: isPostgres(db) ? 2 : 1,
      keyOf: ({ binding: { threepid } }) => mailboxOf(threepid),
      mayBeOfOne: (error) => !(error instanceof StoreUnavailableError),
    });
  }

  /** Small requests at the same time share a statement. */
  async find(threepids: readonly Threepid[]): Promise<readonly Binding[]> {
    if (threepids.length > MOST_SHARED) return this.findAll(threepids);
    return threepids.length > 0 ? this.findTogether(threepids) : [];
  }

  /** Binds that are requested at the same time share a transaction. */
  async bind(binding: Binding, jobs: readonly NewJob[], cause: Cause = BY_ISLET): Promise<void> {
    await this.bindTogether({ binding, jobs, cause });
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
        expired.map((binding) => ({ action: 'binding_expired', ...binding })),
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

  claims(): AsyncIterable<ClaimText> {
    return bindingClaims(this.db);
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

  private findAll(threepids: readonly Threepid[]): Promise<readonly Binding[]> {
    return inChunks(threepids, async (chunk) =>
      (await this.table().where(isAmong(this.db, chunk))).map(bindingFromRow),
    );
  }

  private async findEach(wanted: readonly (readonly Threepid[])[]): Promise<readonly (readonly Binding[])[]> {
    const found = new Map((await this.findAll(wanted.flat())).map((binding) => [keyOf(binding.threepid), binding]));
    return wanted.map((threepids) => [...new Set(threepids.map(keyOf))].flatMap((key) => found.get(key) ?? []));
  }

  /** Each bind is of another mailbox or number. */
  private bindAll(binds: readonly Bind[]): Promise<readonly void[]> {
    return this.feed.transaction(
      async (trx) => {
        await this.feed.lock(trx);
        const bindings = binds.map(({ binding }) => binding);
        const former = await formerRows(trx, bindings);
        if (former.length > 0)
          await this.table(trx)
            .where(isAmong(trx, former.map(threepidOf)))
            .delete();
        await insertBindings(trx, bindings);
        const jobs = binds.flatMap((bind) => bind.jobs);
        if (jobs.length > 0) await this.jobs.addWithin(trx, jobs);
        const formerByMailbox = groupBy(former, (row) => mailboxOf(threepidOf(row)));
        await this.audit.addCausedWithin(
          trx,
          binds.flatMap((bind) => auditEntries(bind, formerByMailbox.get(mailboxOf(bind.binding.threepid)) ?? [])),
        );
        const removed = former.map(bindingFromRow).map(claimOf);
        await this.feed.write(trx, [{ source: BINDINGS, removed, added: bindings.map(claimOf), isReload: false }]);
        return binds.map(() => undefined);
      },
      { mayRevoke: false },
    );
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
