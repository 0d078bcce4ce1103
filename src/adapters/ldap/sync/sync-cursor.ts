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
 * Where one server of a directory stands, to ask it later what changed since: the number of its last
 * update, which it alone counts (Active Directory), or a time. [MS-ADTS] 3.1.1.1.9; RFC 4512, 3.4.2.
 */
export type SyncCursor = {
  readonly server: string;
  /** When it stood there by our clock, ms since the epoch. */
  readonly askedAt?: number;
} & (
  | { readonly usn: number }
  | {
      readonly time: string;
      /** Which changes it had got by then. */
      readonly replicated?: ReplicationState;
    }
);

/** How far clocks may be apart, and replicas behind: changes of this time are asked for again. */
const OVERLAP_MS = 10 * 60_000;

/**
 * Where the server stands now; `undefined` if it cannot be asked for changes: it does not let us see
 * when entries changed, or they have no ids by which they are found.
 *
 * @param base in which people are looked for
 * @param now ms since the epoch
 * @param bases all that are asked for changes together
 */
export async function syncCursorOf(
  connection: Connection,
  base: string,
  rules: Rules,
  limits: Limits,
  now: number,
  bases: readonly string[] = [base],
): Promise<SyncCursor | undefined> {
  const syncCursor = { ...(await standing(connection, bases, limits, now)), askedAt: now };
  const { id, followsAliases } = rules;
  const question = { base, attributes: id, id, followsAliases, most: 1 };
  const anybody = await connection.search({ ...question, filter: rules.filter }, limits);
  const changed = await connection.search(
    { ...question, filter: allOf(rules.filter, everChanged(syncCursor)) },
    limits,
  );
  if (anybody.entries.length === 0) return syncCursor;
  const [one] = changed.entries;
  if (!one || !idOf(one, rules)) return undefined;
  const itself = await connection.search({ ...question, filter: anyOf(idFilters(one.id, rules)) }, limits);
  return itself.entries.some((entry) => entry.id === one.id) ? syncCursor : undefined;
}

/** Lets through whoever shows that it changed at any time. */
const everChanged = (syncCursor: SyncCursor): Filter =>
  'usn' in syncCursor ? changedSince({ ...syncCursor, usn: 0 }) : since('modifyTimestamp', '19700101000000Z');

/** Lets through what changed after a bookmark was made, whoever it is: who left the filter must be met, too. */
export const changedSince = (syncCursor: SyncCursor): Filter =>
  'usn' in syncCursor
    ? since('uSNChanged', String(syncCursor.usn + 1))
    : // ApacheDS has no time of change on what was only added.
      anyOf([since('modifyTimestamp', syncCursor.time), since('createTimestamp', syncCursor.time)]);

const since = (attribute: string, value: string): Filter => new ldap.GreaterThanEqualsFilter({ attribute, value });

/** The value of the attribute that an entry's id is made of. */
export function idOf(entry: RawEntry, rules: Rules): { readonly name: string; readonly value: Buffer } | undefined {
  const attributes = attributesOf(entry);
  for (const name of rules.id) {
    const value = attributes.find(({ description }) => description.toLowerCase() === name)?.values[0];
    if (value !== undefined) return { name, value: Buffer.from(value, 'latin1') };
  }
  return undefined;
}

async function standing(
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

/** `undefined` for a server that counts no updates. */
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
 * From where one server can be asked for what was not read before, perhaps from another one; `behind` where it
 * has not got yet what was read before, and `undefined` where that cannot be said.
 */
export function continuation(before: SyncCursor, now: SyncCursor): SyncCursor | 'behind' | undefined {
  if ('usn' in before || 'usn' in now) return before.server === now.server && 'usn' in now ? before : undefined;
  if (!before.replicated && !now.replicated) return before.server === now.server ? before : undefined;
  if (!before.replicated || !now.replicated) return undefined;
  const since = newSince(before.replicated, now.replicated, before.time);
  return since === undefined || since === 'behind' ? since : { ...before, ...since };
}

/** Where to go on after parts were read one after the other, each from where its server stood; `undefined` if that were several. */
export function cursorOfAll(cursors: readonly (SyncCursor | undefined)[]): SyncCursor | undefined {
  const [first] = cursors;
  if (!first || cursors.some((one) => one?.server !== first.server)) return undefined;
  if ('usn' in first) return first;
  const { replicated: _ofFirst, ...rest } = first;
  const replicated = commonState(cursors.map((one) => (one && 'time' in one ? one.replicated : undefined)));
  return { ...rest, ...(replicated && { replicated }) };
}

const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8');
