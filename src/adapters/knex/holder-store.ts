import type { Knex } from 'knex';
import type { SourcedEntry } from '../../domain/directory.js';
import { type Holder, judge, sinceReturn } from '../../domain/holder.js';
import type { Mxid } from '../../domain/mxid.js';
import type { Departures, HolderStore } from '../../ports/holder-store.js';
import { type AssociationRow, ownedFromRow } from './association-rows.js';
import type { KnexChangeFeed } from './change-feed.js';
import { rowsOf } from './dialect.js';
import { HAS_ENTRY, holderFromRow, type HolderRow, insertHolders } from './holder-rows.js';
import { entryFromRow, type EntryRow } from './mirror-rows.js';
import { chunksOf, inChunks, PAGE, pages } from './paging.js';
import { isOneOf } from './rows.js';
import { changesOf, writeJudgement } from './suspensions.js';

export class KnexHolderStore implements HolderStore {
  constructor(
    private readonly db: Knex,
    private readonly feed: KnexChangeFeed,
  ) {}

  async find(mxids: readonly Mxid[]): Promise<readonly Holder[]> {
    return this.holdersOf(this.db, mxids);
  }

  async unrecorded(source: string): Promise<readonly SourcedEntry[]> {
    // From the few names to the many entries: the cross join and the concatenation keep the databases from the other way.
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

  async add(holders: readonly Holder[]): Promise<void> {
    await this.db.transaction(async (trx) => {
      await insertHolders(trx, holders);
      await this.endBefore(trx, holders);
    });
  }

  async attach(): Promise<void> {
    const holder = `from holders h where h.mxid = associations.mxid and h.left_at is null`;
    await this.db.raw(
      `update associations
       set person = (select h.person ${holder} order by coalesce(h.since_at, 0), h.source, h.entry_id limit 1)
       where person is null and exists (select 1 ${holder})`,
    );
  }

  async succession(source: string): Promise<number> {
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

  async follow(source: string, counting: readonly string[], time: number): Promise<Departures> {
    return this.feed.transaction(async (trx) => {
      await this.feed.lock(trx);
      const gone = await this.table(trx).where({ source }).whereNull('left_at').whereRaw(`not ${HAS_ENTRY}`);
      const back = await this.table(trx).where({ source }).whereNotNull('left_at').whereRaw(HAS_ENTRY);
      await this.table(trx)
        .where({ source })
        .whereNull('left_at')
        .whereRaw(`not ${HAS_ENTRY}`)
        .update({ left_at: time });
      const returned = await this.welcomeBack(trx, back.map(holderFromRow), time);

      const mxids = [...new Set([...gone, ...back].map(({ mxid }) => mxid).concat(await this.unjudged(trx, source)))];
      const holders = await this.holdersOf(trx, mxids);
      const bindings = await inChunks(mxids, (chunk) => this.associations(trx).where(isOneOf(trx, 'mxid', chunk)));
      const judgement = judge(bindings.map(ownedFromRow), holders, counting);
      await writeJudgement(trx, holders, judgement);
      await this.feed.write(trx, changesOf(judgement));

      const left = vacated(
        gone,
        holders.filter((one) => counting.includes(one.source)),
      );
      for (const chunk of chunksOf(left))
        await trx('access_tokens')
          .where(isOneOf(trx, 'mxid', chunk))
          .delete();
      await this.endBefore(trx, returned);
      return {
        left: left.length,
        returned: new Set(back.map(({ mxid }) => mxid)).size,
        suspended: judgement.suspended.length,
        resumed: judgement.resumed.length,
      };
    });
  }

  async *left(): AsyncIterable<readonly Holder[]> {
    const found = pages<HolderRow>((after) => {
      const page = this.table().whereNotNull('left_at').orderBy(['mxid', 'source', 'entry_id']).limit(PAGE);
      return after
        ? page.whereRaw('(mxid, source, entry_id) > (?, ?, ?)', [after.mxid, after.source, after.entry_id])
        : page;
    });
    for await (const rows of found) yield rows.map(holderFromRow);
  }

  async replace(source: string, counting: readonly string[], time: number): Promise<void> {
    const its = 'select 1 from holders h where h.mxid = holders.mxid and h.source = ?';
    const isTheSame = `exists (${its} and (h.person = holders.person or h.entry_id = holders.entry_id))`;
    await this.db.transaction(async (trx) => {
      const former = () => this.table(trx).whereNotIn('source', counting);
      await former().whereRaw(isTheSame, [source]).delete();
      const isOusted = trx.raw(`exists (${its} and h.left_at is null)`, [source]);
      const ousted = (await former().where(isOusted)).map(holderFromRow);
      await former().where(isOusted).delete();
      const now = ousted.map((holder): Holder => ({ ...holder, source, leftAt: holder.leftAt ?? time }));
      await insertHolders(trx, now);
    });
  }

  async forget(source: string): Promise<void> {
    await this.table().where({ source }).delete();
  }

  /** @returns them as they are from now on */
  private async welcomeBack(trx: Knex.Transaction, back: readonly Holder[], time: number): Promise<readonly Holder[]> {
    const namesakes = new Map<Mxid, Holder[]>(back.map(({ mxid }) => [mxid, []]));
    for (const one of await this.holdersOf(trx, [...namesakes.keys()])) namesakes.get(one.mxid)?.push(one);
    const returned = back.map((holder): Holder => {
      const since = sinceReturn(holder, namesakes.get(holder.mxid) ?? [], time);
      return { ...holder, since, leftAt: undefined, addresses: [] };
    });
    const news = 'set since_at = excluded.since_at, left_at = null, addresses = excluded.addresses';
    await insertHolders(trx, returned, news);
    return returned;
  }

  /** Users of bindings that went on answering although who made them has left: bound while that was found out. */
  private async unjudged(trx: Knex.Transaction, source: string): Promise<readonly Mxid[]> {
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

  /** Ends what users had before their name became somebody else's. */
  private async endBefore(trx: Knex.Transaction, holders: readonly Holder[]): Promise<void> {
    const ended = holders.filter(({ since }) => since !== undefined);
    for (const since of new Set(ended.map((holder) => holder.since ?? 0))) {
      for (const chunk of chunksOf(ended.filter((holder) => holder.since === since))) {
        const isTheirs = isOneOf(
          trx,
          'mxid',
          chunk.map(({ mxid }) => mxid),
        );
        await trx('access_tokens').where(isTheirs).where('created_at', '<', since).delete();
        await trx('accepted_terms').where(isTheirs).where('accepted_at', '<', since).delete();
      }
    }
  }

  private async holdersOf(db: Knex, mxids: readonly Mxid[]): Promise<readonly Holder[]> {
    const rows = await inChunks([...new Set(mxids)], (chunk) => this.table(db).where(isOneOf(db, 'mxid', chunk)));
    return rows.map(holderFromRow).sort((a, b) => (a.since ?? 0) - (b.since ?? 0));
  }

  private table(db: Knex = this.db) {
    return db<HolderRow>('holders');
  }

  private associations(db: Knex) {
    return db<AssociationRow>('associations');
  }
}

/** The user IDs of those who are gone that nobody of the same person has. */
function vacated(gone: readonly HolderRow[], holders: readonly Holder[]): readonly Mxid[] {
  const here = new Set(
    holders.flatMap(({ mxid, person, leftAt }) => (leftAt === undefined ? `${mxid} ${person}` : [])),
  );
  return [...new Set(gone.flatMap(({ mxid, person }) => (here.has(`${mxid} ${person}`) ? [] : mxid)))];
}
