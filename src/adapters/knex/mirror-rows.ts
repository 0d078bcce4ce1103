import type { Knex } from 'knex';
import type { SkipReason, MirroredEntry, Person } from '../../domain/directory/directory-entry.js';
import type { MirrorState } from '../../domain/directory/mirror-state.js';
import type { Mxid } from '../../domain/identifiers/mxid.js';
import { sameThreepid, type Threepid } from '../../domain/identifiers/threepid.js';
import { jsonArray } from './dialect.js';

export interface EntryRow {
  readonly source: string;
  readonly id: string;
  /** `MirroredEntry.digest` */
  readonly stamp: string;
  /** `MirroredEntry.base` */
  readonly part: string;
  readonly mxid: Mxid | null;
  /** `Content` as JSON. */
  readonly content: string;
}

/**
 * The fields that are only read together with the entry, in a compact format: most of a mirror consists of them. JSON
 * can contain any text; PostgreSQL's text columns cannot contain NUL.
 */
type Content = readonly [label: string, threepids: readonly ShortThreepid[], ...more: (SkipReason | Marks)[]];

/** Fields that few entries have. */
interface Marks {
  readonly isUnlisted?: true;
  readonly withheld?: readonly ShortThreepid[];
  /** The display name (may be empty), and further search keywords. */
  readonly search?: readonly [name: string, ...keywords: readonly string[]];
}

/** The address; only an email address contains an `@`. */
type ShortThreepid = string | readonly [address: string, alias: string];

const short = ({ address, alias }: Threepid): ShortThreepid => (alias === undefined ? address : [address, alias]);

function expand(text: ShortThreepid): Threepid {
  const [address, alias] = typeof text === 'string' ? [text] : text;
  return { medium: address.includes('@') ? 'email' : 'msisdn', address, ...(alias !== undefined && { alias }) };
}

export function entryFromRow({ id, stamp, part, mxid, content }: EntryRow): MirroredEntry {
  return entryFromValues([id, stamp, part, mxid, content]);
}

/**
 * An entry as an element of the array for `insertEntries`. For PostgreSQL, which parses the whole array, the content is
 * a JSON string.
 */
export type Values = readonly [id: string, digest: string, base: string, mxid: Mxid | null, content: Content | string];

export function valuesOf(entry: MirroredEntry, isText: boolean): Values {
  const { id, label, digest, base, person, skipped, withheld } = entry;
  const marks: Marks = {
    ...(person?.isUnlisted && { isUnlisted: true }),
    ...(withheld && { withheld: withheld.map(short) }),
    ...(person?.searchText && { search: [person.searchText.name ?? '', ...person.searchText.keywords] }),
  };
  const isMarked = Object.keys(marks).length > 0;
  const content: Content = [label, person?.threepids.map(short) ?? [], ...skipped, ...(isMarked ? [marks] : [])];
  return [id, digest, base, person?.mxid ?? null, isText ? JSON.stringify(content) : content];
}

export function entryFromValues([id, digest, base, mxid, content]: Values): MirroredEntry {
  const [label, threepids, ...more] = typeof content === 'string' ? (JSON.parse(content) as Content) : content;
  const marks = more.find((element) => typeof element !== 'string');
  return {
    id,
    label,
    digest,
    base,
    person: mxid === null ? undefined : personFrom(mxid, threepids, marks),
    skipped: more.filter((element) => typeof element === 'string'),
    ...(marks?.withheld && { withheld: marks.withheld.map(expand) }),
  };
}

function personFrom(mxid: Mxid, threepids: readonly ShortThreepid[], marks: Marks | undefined): Person {
  const [name = '', ...keywords] = marks?.search ?? [];
  return {
    mxid,
    threepids: threepids.map(expand),
    ...(marks?.isUnlisted && { isUnlisted: true }),
    ...(marks?.search && { searchText: { ...(name !== '' && { name }), keywords } }),
  };
}

/** @param values a JSON array of `Values` */
export async function insertEntries(trx: Knex.Transaction, source: string, values: string): Promise<void> {
  await trx.raw(
    `insert into mirror_entries (source, id, stamp, part, mxid, content)
     select cast(? as text), value->>0, value->>1, value->>2, value->>3, value->>4 from ${jsonArray(trx)}`,
    [source, values],
  );
}

/** @param values a JSON array of arrays that begin with an id */
export async function deleteEntries(trx: Knex.Transaction, source: string, values: string): Promise<void> {
  await trx.raw(`delete from mirror_entries where source = ? and id in (select value->>0 from ${jsonArray(trx)})`, [
    source,
    values,
  ]);
}

export const hasThreepid = ({ person, withheld = [] }: MirroredEntry, threepid: Threepid): boolean =>
  [...(person?.threepids ?? []), ...withheld].some((candidate) => sameThreepid(candidate, threepid));

/** The stored form of the state of a mirror. The names of released versions stay readable. */
interface StoredState extends Omit<MirrorState, 'bases' | 'warnings' | 'failure' | 'syncCursor' | 'incrementalAt'> {
  readonly parts: MirrorState['bases'];
  readonly remarks?: Readonly<Record<string, string>>;
  readonly bookmark?: string;
  readonly changesAt?: number;
  readonly failure?: {
    readonly at: number;
    readonly reason: string;
    readonly since?: number;
    readonly isSuspect?: true;
    readonly isOfChanges?: true;
  };
}

export function stateFromJson(json: string): MirrorState {
  const { parts, remarks, bookmark, changesAt, failure, syncedAt, attemptedAt, ...others }: StoredState =
    JSON.parse(json);
  return {
    syncedAt,
    attemptedAt,
    bases: parts,
    failure: failure && {
      at: failure.at,
      reason: failure.reason,
      ...(failure.since !== undefined && { since: failure.since }),
      ...(failure.isSuspect && { isRejected: true }),
      ...(failure.isOfChanges && { isIncremental: true }),
    },
    ...others,
    ...(remarks && { warnings: remarks }),
    ...(bookmark !== undefined && { syncCursor: bookmark }),
    ...(changesAt !== undefined && { incrementalAt: changesAt }),
  };
}

export function stateToJson({ bases, warnings, syncCursor, incrementalAt, failure, ...others }: MirrorState): string {
  const stored = {
    ...others,
    parts: bases,
    remarks: warnings,
    bookmark: syncCursor,
    changesAt: incrementalAt,
    failure: failure && {
      at: failure.at,
      reason: failure.reason,
      since: failure.since,
      isSuspect: failure.isRejected,
      isOfChanges: failure.isIncremental,
    },
  };
  return JSON.stringify(stored);
}
