import type { Knex } from 'knex';
import type { MirroredEntry } from '../../domain/directory/directory-entry.js';
import type { MirrorState } from '../../domain/directory/mirror-state.js';
import type { Mxid } from '../../domain/identifiers/mxid.js';
import type { Threepid } from '../../domain/identifiers/threepid.js';
import type { MirrorStore, MirrorUpdate } from '../../ports/mirror-store.js';
import { BY_ISLET } from '../../domain/shared/cause.js';
import type { KnexAuditLog } from './audit-log.js';
import type { KnexChangeFeed } from './change-feed.js';
import { analyze, isPostgres, lock } from './dialect.js';
import { recordRemoved } from './user-id-assignment-rows.js';
import { KnexMirrorDraft } from './mirror-draft.js';
import {
  deleteEntries,
  entryFromRow,
  type EntryRow,
  hasThreepid,
  insertEntries,
  stateFromJson,
  stateToJson,
} from './mirror-rows.js';
import { chunksOf, inChunks, PAGE, pages } from './chunks.js';
import { isOneOf } from './rows.js';

/** Complete entries that are read in one step. Reading a thousand blocks the event loop for 30 ms. */
const FEW = 200;

export class KnexMirrorStore implements MirrorStore {
  constructor(
    private readonly db: Knex,
    private readonly feed: KnexChangeFeed,
    private readonly audit: KnexAuditLog,
  ) {}

  async state(source: string): Promise<MirrorState | undefined> {
    const row = await this.states().where({ source }).first();
    return row && stateFromJson(row.state);
  }

  async saveState(source: string, state: MirrorState): Promise<void> {
    await this.writeState(this.db, source, state);
  }

  async *entries(source: string): AsyncIterable<readonly MirroredEntry[]> {
    for await (const rows of pages<EntryRow>((after) => this.page(source, after, FEW), FEW))
      yield rows.map(entryFromRow);
  }

  digests(source: string): AsyncIterable<readonly Pick<MirroredEntry, 'id' | 'digest' | 'base'>[]> {
    return pages((after) => this.page(source, after).select('id', 'stamp as digest', 'part as base'));
  }

  async get(source: string, ids: readonly string[]): Promise<readonly MirroredEntry[]> {
    return inChunks(ids, async (chunk) =>
      (
        await this.table()
          .where({ source })
          .where(isOneOf(this.db, 'id', chunk))
      ).map(entryFromRow),
    );
  }

  async findByMxid(mxids: readonly Mxid[]): Promise<readonly (MirroredEntry & { readonly source: string })[]> {
    return inChunks(mxids, async (chunk) =>
      (await this.table().where(isOneOf(this.db, 'mxid', chunk))).map((row) => ({
        ...entryFromRow(row),
        source: row.source,
      })),
    );
  }

  async repeatedMxids(): Promise<readonly Mxid[]> {
    const rows = await this.table().select('mxid').whereNotNull('mxid').groupBy('mxid').havingRaw('count(*) > 1');
    return rows.flatMap(({ mxid }) => mxid ?? []);
  }

  async mxidsOfOthers(source: string, mxids: readonly Mxid[]): Promise<readonly Mxid[]> {
    return inChunks(mxids, async (chunk) => {
      const named = this.table()
        .select('mxid')
        .where(isOneOf(this.db, 'mxid', chunk))
        .groupBy('mxid');
      const rows = await named.havingRaw('count(*) > 1 or min(source) <> ?', [source]);
      return rows.flatMap(({ mxid }) => mxid ?? []);
    });
  }

  async findByThreepid(source: string, threepid: Threepid): Promise<readonly MirroredEntry[]> {
    // A prefilter: entries that contain the address anywhere.
    const mentions = this.db.raw(`${isPostgres(this.db) ? 'strpos' : 'instr'}(content, ?) > 0`, [
      JSON.stringify(threepid.address),
    ]);
    const rows = await this.table().where({ source }).where(mentions);
    return rows.map(entryFromRow).filter((entry) => hasThreepid(entry, threepid));
  }

  draft(): KnexMirrorDraft {
    return new KnexMirrorDraft(isPostgres(this.db));
  }

  async apply(source: string, { upserts, removed, state, changes }: MirrorUpdate): Promise<void> {
    if (!(upserts instanceof KnexMirrorDraft)) throw new TypeError('the draft belongs to another store');
    await this.feed.transaction(async (trx) => {
      await lock(trx, `islet mirror ${source}`);
      const isEmpty = !(await this.table(trx).where({ source }).first('id'));
      for (const ids of chunksOf(removed)) {
        const people = await recordRemoved(trx, source, ids);
        await this.audit.addWithin(
          trx,
          people.map((mxid) => ({ action: 'person_removed', mxid, source })),
          BY_ISLET,
        );
        await deleteEntries(trx, source, JSON.stringify(ids.map((id) => [id])));
      }
      if (!isEmpty) for (const values of upserts.texts()) await deleteEntries(trx, source, values);
      for (const values of upserts.texts()) await insertEntries(trx, source, values);
      if (upserts.size + removed.length > PAGE) await analyze(trx, 'mirror_entries');
      await this.writeState(trx, source, state);
      await this.feed.write(trx, changes);
    });
  }

  async remove(source: string): Promise<number> {
    return this.feed.transaction(async (trx) => {
      await lock(trx, `islet mirror ${source}`);
      await this.states(trx).where({ source }).delete();
      return this.table(trx).where({ source }).delete();
    });
  }

  private page(source: string, after: Pick<EntryRow, 'id'> | undefined, size = PAGE) {
    const page = this.table().where({ source }).orderBy('id').limit(size);
    return after ? page.where('id', '>', after.id) : page;
  }

  private async writeState(db: Knex, source: string, state: MirrorState): Promise<void> {
    await this.states(db)
      .insert({ source, state: stateToJson(state) })
      .onConflict('source')
      .merge();
  }

  private table(db: Knex = this.db) {
    return db<EntryRow>('mirror_entries');
  }

  private states(db: Knex = this.db) {
    return db<{ source: string; state: string }>('mirror_states');
  }
}
