import type { Knex } from 'knex';
import type { SourcedEntry } from '../../domain/directory/directory-entry.js';
import { type UserIdAssignment, planSuspensions, sinceReturn } from '../../domain/deprovisioning/user-id-assignment.js';
import type { Mxid } from '../../domain/identifiers/mxid.js';
import type { DeprovisioningResult, UserIdAssignmentStore } from '../../ports/user-id-assignment-store.js';
import { type AssociationRow, ownedFromRow } from './association-rows.js';
import { BY_ISLET } from '../../domain/shared/cause.js';
import type { KnexAuditLog } from './audit-log.js';
import type { KnexChangeFeed } from './change-feed.js';
import { rowsOf } from './dialect.js';
import { removeFormerUsers } from './former-users.js';
import { HAS_ENTRY, holderFromRow, type UserIdAssignmentRow, insertAssignments } from './user-id-assignment-rows.js';
import { entryFromRow, type EntryRow } from './mirror-rows.js';
import { chunksOf, inChunks, PAGE, pages } from './chunks.js';
import { isOneOf } from './rows.js';
import { changesOf, applySuspensionPlan, entriesOf } from './suspensions.js';

export class KnexUserIdAssignmentStore implements UserIdAssignmentStore {
  constructor(
    private readonly db: Knex,
    private readonly feed: KnexChangeFeed,
    private readonly audit: KnexAuditLog,
  ) {}

  async find(mxids: readonly Mxid[]): Promise<readonly UserIdAssignment[]> {
    return this.assignmentsOf(this.db, mxids);
  }

  async missingAssignments(source: string): Promise<readonly SourcedEntry[]> {
    // Starts from the few user IDs, not from the many entries: the cross join and the concatenation prevent the query
    // planners from choosing the other order.
    const rows = await rowsOf<EntryRow>(
      this.db.raw(
        `select e.* from (
           select mxid from associations union select mxid from access_tokens union select mxid from holders
         ) names cross join mirror_entries e
         where e.mxid = names.mxid and e.source || '' = ? and not exists (
           select 1 from holders h where h.mxid = e.mxid and h.source = e.source and h.entry_id = e.id
         ) limit ?`,
        [source, PAGE],
      ),
    );
    return rows.map((row) => ({ ...entryFromRow(row), source: row.source }));
  }

  async add(assignments: readonly UserIdAssignment[]): Promise<void> {
    await this.db.transaction(async (trx) => {
      await insertAssignments(trx, assignments);
      await this.revokeBefore(trx, assignments);
    });
  }

  async assignBindings(): Promise<void> {
    const assignment = `from holders h where h.mxid = associations.mxid and h.left_at is null`;
    await this.db.raw(
      `update associations
       set person = (select h.person ${assignment} order by coalesce(h.since_at, 0), h.source, h.entry_id limit 1)
       where person is null and exists (select 1 ${assignment})`,
    );
  }

  async countReassigned(source: string): Promise<number> {
    const [row] = await this.table()
      .where({ source })
      .whereNull('left_at')
      .whereRaw(`not ${HAS_ENTRY}`)
      .whereRaw(
        `exists (select 1 from mirror_entries s where s.mxid = holders.mxid and s.source || '' = holders.source)`,
      )
      .select<{ succeeded: number }[]>(this.db.raw('count(*) as succeeded'));
    return row?.succeeded ?? 0;
  }

  async reconcile(
    source: string,
    authoritativeSources: readonly string[],
    time: number,
  ): Promise<DeprovisioningResult> {
    return this.feed.transaction(async (trx) => {
      await this.feed.lock(trx);
      const gone = await this.table(trx).where({ source }).whereNull('left_at').whereRaw(`not ${HAS_ENTRY}`);
      const back = await this.table(trx).where({ source }).whereNotNull('left_at').whereRaw(HAS_ENTRY);
      await this.table(trx)
        .where({ source })
        .whereNull('left_at')
        .whereRaw(`not ${HAS_ENTRY}`)
        .update({ left_at: time });
      const returned = await this.restoreReturned(trx, back.map(holderFromRow), time);

      const mxids = [...new Set([...gone, ...back].map(({ mxid }) => mxid).concat(await this.unplanned(trx, source)))];
      const assignments = await this.assignmentsOf(trx, mxids);
      const bindings = await inChunks(mxids, (chunk) => this.associations(trx).where(isOneOf(trx, 'mxid', chunk)));
      const plan = planSuspensions(bindings.map(ownedFromRow), assignments, authoritativeSources);
      await applySuspensionPlan(trx, assignments, plan);
      await this.audit.addWithin(trx, entriesOf(plan, source), BY_ISLET);
      await this.feed.write(trx, changesOf(plan));

      const vacated = vacatedUserIds(
        gone,
        assignments.filter((assignment) => authoritativeSources.includes(assignment.source)),
      );
      for (const chunk of chunksOf(vacated))
        await this.endTokens(trx, (tokens) => tokens.where(isOneOf(trx, 'mxid', chunk)), 'left the directory');
      await this.revokeBefore(trx, returned);
      return {
        departed: vacated.length,
        returned: new Set(back.map(({ mxid }) => mxid)).size,
        suspended: plan.suspended.length,
        resumed: plan.resumed.length,
      };
    });
  }

  async *departed(): AsyncIterable<readonly UserIdAssignment[]> {
    const found = pages<UserIdAssignmentRow>((after) => {
      const page = this.table().whereNotNull('left_at').orderBy(['mxid', 'source', 'entry_id']).limit(PAGE);
      return after
        ? page.whereRaw('(mxid, source, entry_id) > (?, ?, ?)', [after.mxid, after.source, after.entry_id])
        : page;
    });
    for await (const rows of found) yield rows.map(holderFromRow);
  }

  async takeOverFrom(source: string, authoritativeSources: readonly string[], time: number): Promise<void> {
    const sameUser = 'select 1 from holders h where h.mxid = holders.mxid and h.source = ?';
    const isTheSame = `exists (${sameUser} and (h.person = holders.person or h.entry_id = holders.entry_id))`;
    await this.db.transaction(async (trx) => {
      const former = () => this.table(trx).whereNotIn('source', authoritativeSources);
      await former().whereRaw(isTheSame, [source]).delete();
      const isReplaced = trx.raw(`exists (${sameUser} and h.left_at is null)`, [source]);
      const replaced = (await former().where(isReplaced)).map(holderFromRow);
      await former().where(isReplaced).delete();
      const now = replaced.map(
        (assignment): UserIdAssignment => ({ ...assignment, source, leftAt: assignment.leftAt ?? time }),
      );
      await insertAssignments(trx, now);
    });
  }

  async removeDeparted(
    assignments: readonly UserIdAssignment[],
    time: number,
  ): Promise<{ readonly people: number; readonly bindings: number }> {
    const removed = { people: 0, bindings: 0 };
    for (const chunk of chunksOf(assignments)) {
      const { people, bindings } = await this.feed.transaction(async (trx) => {
        await this.feed.lock(trx);
        return removeFormerUsers(trx, chunk, time, this.audit);
      });
      removed.people += people;
      removed.bindings += bindings;
    }
    return removed;
  }

  async forget(source: string): Promise<void> {
    await this.table().where({ source }).delete();
  }

  /** @returns the updated assignments */
  private async restoreReturned(
    trx: Knex.Transaction,
    back: readonly UserIdAssignment[],
    time: number,
  ): Promise<readonly UserIdAssignment[]> {
    const sameUserId = new Map<Mxid, UserIdAssignment[]>(back.map(({ mxid }) => [mxid, []]));
    for (const assignment of await this.assignmentsOf(trx, [...sameUserId.keys()]))
      sameUserId.get(assignment.mxid)?.push(assignment);
    const returned = back.map((assignment): UserIdAssignment => {
      const since = sinceReturn(assignment, sameUserId.get(assignment.mxid) ?? [], time);
      return { ...assignment, since, leftAt: undefined, addresses: [] };
    });
    const news = 'set since_at = excluded.since_at, left_at = null, addresses = excluded.addresses';
    await insertAssignments(trx, returned, news);
    return returned;
  }

  /**
   * Users of bindings that are still active although the person who created them has left: they were bound while the
   * plan was made.
   */
  private async unplanned(trx: Knex.Transaction, source: string): Promise<readonly Mxid[]> {
    return this.table(trx)
      .join('associations', (on) =>
        on.on('associations.mxid', 'holders.mxid').andOn('associations.person', 'holders.person'),
      )
      .where('holders.source', source)
      .whereNotNull('holders.left_at')
      .whereNull('associations.suspended_at')
      .distinct()
      .pluck('holders.mxid');
  }

  /** Ends the access tokens and accepted terms from before the user ID was assigned to another person. */
  private async revokeBefore(trx: Knex.Transaction, assignments: readonly UserIdAssignment[]): Promise<void> {
    const ended = assignments.filter(({ since }) => since !== undefined);
    for (const since of new Set(ended.map((assignment) => assignment.since ?? 0))) {
      for (const chunk of chunksOf(ended.filter((assignment) => assignment.since === since))) {
        const isTheirs = isOneOf(
          trx,
          'mxid',
          chunk.map(({ mxid }) => mxid),
        );
        const reason = 'the user ID belongs to another person';
        await this.endTokens(trx, (tokens) => tokens.where(isTheirs).where('created_at', '<', since), reason);
        await trx('accepted_terms').where(isTheirs).where('accepted_at', '<', since).delete();
      }
    }
  }

  private async endTokens(
    trx: Knex.Transaction,
    narrowed: (tokens: Knex.QueryBuilder) => Knex.QueryBuilder,
    reason: string,
  ): Promise<void> {
    const rows: readonly { mxid: Mxid; n: number }[] = await narrowed(trx('access_tokens'))
      .groupBy('mxid')
      .select('mxid', trx.raw('count(*) as n'));
    if (rows.length === 0) return;
    await narrowed(trx('access_tokens')).delete();
    const ended = rows.map(({ mxid, n }) => ({ action: 'tokens_ended' as const, mxid, detail: `${n}: ${reason}` }));
    await this.audit.addWithin(trx, ended, BY_ISLET);
  }

  private async assignmentsOf(db: Knex, mxids: readonly Mxid[]): Promise<readonly UserIdAssignment[]> {
    const rows = await inChunks([...new Set(mxids)], (chunk) => this.table(db).where(isOneOf(db, 'mxid', chunk)));
    return rows.map(holderFromRow).sort((a, b) => (a.since ?? 0) - (b.since ?? 0));
  }

  private table(db: Knex = this.db) {
    return db<UserIdAssignmentRow>('holders');
  }

  private associations(db: Knex) {
    return db<AssociationRow>('associations');
  }
}

/** The user IDs of people who left, except those that another entry of the same person still has. */
function vacatedUserIds(
  gone: readonly UserIdAssignmentRow[],
  assignments: readonly UserIdAssignment[],
): readonly Mxid[] {
  const isActive = new Set(
    assignments.flatMap(({ mxid, person, leftAt }) => (leftAt === undefined ? `${mxid} ${person}` : [])),
  );
  return [...new Set(gone.flatMap(({ mxid, person }) => (isActive.has(`${mxid} ${person}`) ? [] : mxid)))];
}
