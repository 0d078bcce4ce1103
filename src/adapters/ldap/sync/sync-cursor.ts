import ldap, { type Filter } from 'ldapjs';
import type { Connection, Limits } from '../connection/connection.js';
import { allOf, anyOf } from '../protocol/filter-builder.js';
import { idFilters } from './id-filters.js';
import { attributesOf, type RawEntry } from '../protocol/raw-entry.js';
import type { Rules } from '../mapping/mapping-rules.js';

/**
 * Where one server of a directory stands, to ask it later what changed since: the number of its last
 * update, which it alone counts (Active Directory), or a time. [MS-ADTS] 3.1.1.1.9; RFC 4512, 3.4.2.
 */
export type SyncCursor =
  | { readonly server: string; readonly usn: number }
  | { readonly server: string; readonly time: string };

/** How far clocks may be apart, and replicas behind: changes of this time are asked for again. */
const OVERLAP_MS = 10 * 60_000;

const everything = new ldap.PresenceFilter({ attribute: 'objectClass' });

/**
 * Where the server stands now; `undefined` if it cannot be asked for changes: it does not let us see
 * when entries changed, or they have no ids by which they are found.
 *
 * @param now ms since the epoch
 */
export async function syncCursorOf(
  connection: Connection,
  base: string,
  rules: Rules,
  limits: Limits,
  now: number,
): Promise<SyncCursor | undefined> {
  const syncCursor =
    (await updateNumber(connection, limits)) ??
    ({ server: connection.url, time: generalizedTime(now - OVERLAP_MS) } as const);
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

/** `undefined` for a server that counts no updates. */
async function updateNumber(connection: Connection, limits: Limits): Promise<SyncCursor | undefined> {
  const root = await readEntry(connection, '', ['highestCommittedUSN', 'dsServiceName'], limits);
  const [usn] = root?.get('highestcommittedusn') ?? [];
  const [service] = root?.get('dsservicename') ?? [];
  if (usn === undefined || service === undefined) return undefined;
  const name = Buffer.from(service, 'latin1').toString('utf8');
  const [invocation] = (await readEntry(connection, name, ['invocationId'], limits))?.get('invocationid') ?? [];
  if (invocation === undefined || !/^\d{1,15}$/.test(usn)) return undefined;
  return { server: Buffer.from(invocation, 'latin1').toString('hex'), usn: Number(usn) };
}

async function readEntry(connection: Connection, dn: string, attributes: readonly string[], limits: Limits) {
  const question = { base: dn, scope: 'base', filter: everything, attributes, id: [], most: 1 } as const;
  const [entry] = (await connection.search(question, limits)).entries;
  return entry && new Map(attributesOf(entry).map(({ description, values }) => [description.toLowerCase(), values]));
}

/** RFC 4517, 3.3.13. */
const generalizedTime = (time: number): string => new Date(time).toISOString().replace(/[-:T]|\.\d+/g, '');
