import type { Knex } from 'knex';
import { type UserIdAssignment, personOf } from '../../domain/deprovisioning/user-id-assignment.js';
import type { Mxid } from '../../domain/identifiers/mxid.js';
import type { Threepid } from '../../domain/identifiers/threepid.js';
import { jsonArray } from './dialect.js';
import { entryFromRow, type EntryRow } from './mirror-rows.js';
import { chunksOf } from './chunks.js';
import { isOneOf } from './rows.js';

export interface UserIdAssignmentRow {
  readonly mxid: Mxid;
  readonly source: string;
  readonly entry_id: string;
  readonly person: string;
  readonly since_at: number | null;
  readonly left_at: number | null;
  /** `Threepid[]` as JSON. */
  readonly addresses: string;
}

export const holderFromRow = (row: UserIdAssignmentRow): UserIdAssignment => ({
  source: row.source,
  entryId: row.entry_id,
  mxid: row.mxid,
  person: row.person,
  since: row.since_at ?? undefined,
  leftAt: row.left_at ?? undefined,
  addresses: JSON.parse(row.addresses) as readonly Threepid[],
});

/** For `where`: assignments whose entry is in the mirror with the same user ID. */
export const HAS_ENTRY =
  'exists (select 1 from mirror_entries e where e.source = holders.source and e.id = holders.entry_id and e.mxid = holders.mxid)';

/**
 * For the mirror, before it removes entries: records the assignments and addresses of these entries. What happens to
 * these people is decided when the assignments are reconciled.
 *
 * @returns their user IDs
 */
export async function recordRemoved(
  trx: Knex.Transaction,
  source: string,
  ids: readonly string[],
): Promise<readonly Mxid[]> {
  const removed = await trx<EntryRow>('mirror_entries')
    .where({ source })
    .whereNotNull('mxid')
    .where(isOneOf(trx, 'id', ids));
  await insertAssignments(
    trx,
    removed.map(entryFromRow).flatMap(({ id, person: known }) => {
      if (!known) return [];
      const { mxid, threepids: addresses } = known;
      const person = personOf(source, id);
      return { source, entryId: id, mxid, person, since: undefined, leftAt: undefined, addresses };
    }),
    'set addresses = excluded.addresses',
  );
  return removed.flatMap(({ mxid }) => mxid ?? []);
}

/** @param known the update for existing assignments; by default they stay unchanged */
export async function insertAssignments(
  trx: Knex.Transaction,
  assignments: readonly UserIdAssignment[],
  known?: string,
): Promise<void> {
  for (const chunk of chunksOf(assignments)) {
    // `where true`: without it SQLite parses `on` as part of a join.
    await trx.raw(
      `insert into holders (mxid, source, entry_id, person, since_at, left_at, addresses)
       select value->>0, value->>1, value->>2, value->>3,
         cast(value->>4 as bigint), cast(value->>5 as bigint), value->>6
       from ${jsonArray(trx)} where true
       on conflict (mxid, source, entry_id) do ${known === undefined ? 'nothing' : `update ${known}`}`,
      [JSON.stringify(chunk.map(valuesOf))],
    );
  }
}

const valuesOf = ({
  mxid,
  source,
  entryId,
  person,
  since,
  leftAt,
  addresses,
}: UserIdAssignment): readonly unknown[] => [
  mxid,
  source,
  entryId,
  person,
  since ?? null,
  leftAt ?? null,
  JSON.stringify(addresses),
];
