import ldap, { type Filter } from 'ldapjs';
import type { Connection, Limits } from '../connection/connection.js';
import { allOf, anyOf } from '../protocol/filter-builder.js';
import { idFilters } from './id-filters.js';
import { generalizedTime } from '../protocol/time-filter.js';
import { readEntry } from './read-entry.js';
import { commonState, newSince, type ReplicationState, replicationState } from './replication-state.js';
import { attributesOf, type RawEntry } from '../protocol/raw-entry.js';
import type { Rules } from '../mapping/mapping-rules.js';

/**
 * The position of one server of a directory, for querying later changes: the number of its last update, which is
 * specific to this server (Active Directory), or a time. [MS-ADTS] 3.1.1.1.9; RFC 4512, 3.4.2.
 */
export type SyncCursor = {
  readonly server: string;
  /** Local time of the query, ms since the epoch. */
  readonly askedAt?: number;
} & (
  | { readonly usn: number }
  | {
      readonly time: string;
      /** The changes that the server had received by then. */
      readonly replicated?: ReplicationState;
    }
);

/** Allowance for clock differences and replication delay: changes of this period are queried again. */
const OVERLAP_MS = 10 * 60_000;

/**
 * The current cursor of the server. `undefined` if it cannot be queried for changes: the modification times of entries
 * are not readable, or entries have no searchable ids.
 *
 * @param base in which people are searched
 * @param now ms since the epoch
 * @param bases all bases that are queried for changes together
 */
export async function syncCursorOf(
  connection: Connection,
  base: string,
  rules: Rules,
  limits: Limits,
  now: number,
  bases: readonly string[] = [base],
): Promise<SyncCursor | undefined> {
  const syncCursor = { ...(await currentPosition(connection, bases, limits, now)), askedAt: now };
  const { id, followsAliases } = rules;
  const question = { base, attributes: id, id, followsAliases, most: 1 };
  const unfiltered = await connection.search({ ...question, filter: rules.filter }, limits);
  const changed = await connection.search(
    { ...question, filter: allOf(rules.filter, everChanged(syncCursor)) },
    limits,
  );
  if (unfiltered.entries.length === 0) return syncCursor;
  const [changedEntry] = changed.entries;
  if (!changedEntry || !idOf(changedEntry, rules)) return undefined;
  const result = await connection.search({ ...question, filter: anyOf(idFilters(changedEntry.id, rules)) }, limits);
  return result.entries.some((entry) => entry.id === changedEntry.id) ? syncCursor : undefined;
}

/** Matches every entry with a readable modification time. */
const everChanged = (syncCursor: SyncCursor): Filter =>
  'usn' in syncCursor ? changedSince({ ...syncCursor, usn: 0 }) : since('modifyTimestamp', '19700101000000Z');

/**
 * Matches all entries changed after the cursor, without the configured filter: entries that no longer match it must be
 * found too.
 */
export const changedSince = (syncCursor: SyncCursor): Filter =>
  'usn' in syncCursor
    ? since('uSNChanged', String(syncCursor.usn + 1))
    : // ApacheDS has no time of change on what was only added.
      anyOf([since('modifyTimestamp', syncCursor.time), since('createTimestamp', syncCursor.time)]);

const since = (attribute: string, value: string): Filter => new ldap.GreaterThanEqualsFilter({ attribute, value });

/** The attribute value from which an entry's id is made. */
export function idOf(entry: RawEntry, rules: Rules): { readonly name: string; readonly value: Buffer } | undefined {
  const attributes = attributesOf(entry);
  for (const name of rules.id) {
    const value = attributes.find(({ description }) => description.toLowerCase() === name)?.values[0];
    if (value !== undefined) return { name, value: Buffer.from(value, 'latin1') };
  }
  return undefined;
}

async function currentPosition(
  connection: Connection,
  bases: readonly string[],
  limits: Limits,
  now: number,
): Promise<SyncCursor> {
  const root = await readEntry(connection, '', ['highestCommittedUSN', 'dsServiceName', 'namingContexts'], limits);
  const counted = root && (await updateNumber(connection, root, limits));
  if (counted) return counted;
  const contexts = (root?.get('namingcontexts') ?? []).map(utf8);
  const replicated = await replicationState(connection, contexts, bases, limits);
  return { server: connection.url, time: generalizedTime(now - OVERLAP_MS), ...(replicated && { replicated }) };
}

/** `undefined` if the server does not number its updates. */
async function updateNumber(
  connection: Connection,
  root: ReadonlyMap<string, readonly string[]>,
  limits: Limits,
): Promise<SyncCursor | undefined> {
  const [usn] = root.get('highestcommittedusn') ?? [];
  const [service] = root.get('dsservicename') ?? [];
  if (usn === undefined || service === undefined) return undefined;
  const [invocation] =
    (await readEntry(connection, utf8(service), ['invocationId'], limits))?.get('invocationid') ?? [];
  if (invocation === undefined || !/^\d{1,15}$/.test(usn)) return undefined;
  return { server: Buffer.from(invocation, 'latin1').toString('hex'), usn: Number(usn) };
}

/**
 * The cursor from which a server can be queried for changes not read before, possibly from another server. `behind` if
 * it has not yet received changes that were read before; `undefined` if this cannot be determined.
 */
export function continuation(before: SyncCursor, now: SyncCursor): SyncCursor | 'behind' | undefined {
  if ('usn' in before || 'usn' in now) return before.server === now.server && 'usn' in now ? before : undefined;
  if (!before.replicated && !now.replicated) return before.server === now.server ? before : undefined;
  if (!before.replicated || !now.replicated) return undefined;
  const since = newSince(before.replicated, now.replicated, before.time);
  return since === undefined || since === 'behind' ? since : { ...before, ...since };
}

/**
 * The cursor after several parts were read one after the other, each with its own cursor; `undefined` if they were read
 * from different servers.
 */
export function cursorOfAll(cursors: readonly (SyncCursor | undefined)[]): SyncCursor | undefined {
  const [first] = cursors;
  if (!first || cursors.some((cursor) => cursor?.server !== first.server)) return undefined;
  if ('usn' in first) return first;
  const { replicated: _ofFirst, ...rest } = first;
  const replicated = commonState(cursors.map((cursor) => (cursor && 'time' in cursor ? cursor.replicated : undefined)));
  return { ...rest, ...(replicated && { replicated }) };
}

const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8');
