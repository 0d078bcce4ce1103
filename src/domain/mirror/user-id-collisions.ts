import type { ClaimReader } from '../../ports/hash-index.js';
import type { MirrorStore } from '../../ports/mirror-store.js';
import type { Association } from '../associations/association.js';
import type { MirroredEntry, SourcedEntry } from '../directory/directory-entry.js';
import { groupBy } from '../shared/group-by.js';
import type { DirectoryDiff } from './full-sync.js';
import type { Mxid } from '../identifiers/mxid.js';
import { claimsOf, isDifferentPeople } from '../directory/person-matching.js';

/**
 * User IDs that more than one person would get from directories that derive user IDs, with the entries of these people.
 *
 * @param derivedIdSources names of the sources that derive user IDs from their own user names
 */
export function userIdCollisions(
  entries: readonly SourcedEntry[],
  derivedIdSources: ReadonlySet<string>,
): ReadonlyMap<Mxid, readonly SourcedEntry[]> {
  const byName = groupBy(entries, ({ source, person }) => (derivedIdSources.has(source) ? person?.mxid : undefined));
  for (const [mxid, sameUserId] of byName) if (!isDifferentPeople(sameUserId)) byName.delete(mxid);
  return byName;
}

/**
 * The stored entries of those of these user IDs that several entries have, or one of another source. Nearly all have one
 * entry, of this source, which is not read.
 *
 * @param found findings of the source: a user ID that none of its stored entries has counts as an entry, too
 */
export async function entriesOfOthers(
  source: string,
  mxids: readonly Mxid[],
  found: readonly Association[],
  store: MirrorStore,
): Promise<readonly SourcedEntry[]> {
  const others = new Set(await store.mxidsOfOthers(source, mxids));
  if (others.size === 0) return [];
  const stored = await store.findByMxid([...others]);
  const suspected = found.filter(({ mxid }) => others.has(mxid));
  return [...stored, ...unmirroredEntries(source, suspected, stored)];
}

function unmirroredEntries(
  source: string,
  found: readonly Association[],
  stored: readonly SourcedEntry[],
): readonly SourcedEntry[] {
  const known = new Set(stored.flatMap((entry) => (entry.source === source ? (entry.person?.mxid ?? []) : [])));
  const byName = groupBy(found, ({ mxid }) => (known.has(mxid) ? undefined : mxid));
  return [...byName].map(([mxid, associations]) => {
    const person = { mxid, threepids: associations.map(({ threepid }) => threepid) };
    const mirrored = { id: `newcomer ${mxid}`, digest: '', base: '', skipped: [] };
    return { ...mirrored, source, label: 'an entry that is not in the mirror yet', person };
  });
}

/**
 * The label of an entry, with its source if that is another one: distinguished names may be the same in two
 * directories.
 */
export const qualifiedLabel = (source: string, entry: SourcedEntry): string =>
  entry.source === source ? entry.label : `${entry.label} in ${entry.source}`;

/**
 * Reads the claims of a first listing once from memory, and afterwards as stored. So the first load does not wait for
 * the database.
 *
 * @param derivesUserIds of the directory, which is the only one
 */
export function listedClaims(
  source: string,
  { upserts, duplicateUserIds }: DirectoryDiff,
  derivesUserIds: boolean,
  stored: ClaimReader,
): ClaimReader {
  let isFirst = true;
  return async function* read() {
    if (!isFirst) return yield* stored();
    isFirst = false;
    const shared = new Set(userIdCollisions(sameUserId(), new Set(derivesUserIds ? [source] : [])).keys());
    for (const entries of upserts.pages()) yield entries.flatMap((entry) => claimsOf(entry, shared));
  };

  function sameUserId(): readonly SourcedEntry[] {
    if (duplicateUserIds.size === 0) return [];
    const isNamesake = ({ person }: MirroredEntry) => person !== undefined && duplicateUserIds.has(person.mxid);
    return [...upserts.pages()].flatMap((page) => page.filter(isNamesake).map((entry) => ({ ...entry, source })));
  }
}

/** Reads all claims of a mirrored source as stored. */
export const mirroredClaims = (
  store: MirrorStore,
  source: string,
  derivedIdSources: ReadonlySet<string>,
): ClaimReader =>
  async function* read() {
    const shared = userIdCollisions(await store.findByMxid(await store.repeatedMxids()), derivedIdSources);
    const names = derivedIdSources.has(source) ? new Set(shared.keys()) : new Set<Mxid>();
    for await (const entries of store.entries(source)) yield entries.flatMap((entry) => claimsOf(entry, names));
  };
