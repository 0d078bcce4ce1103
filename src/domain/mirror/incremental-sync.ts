import type { Directory, DirectoryPage } from '../../ports/directory.js';
import type { MirrorStore } from '../../ports/mirror-store.js';
import { EntryDiff } from './entry-diff.js';
import type { MirrorState } from '../directory/mirror-state.js';
import type { DirectoryDiff } from './full-sync.js';
import type { Mxid } from '../identifiers/mxid.js';
import { DuplicateIds, duplicateWarnings, sizeOf } from './duplicate-ids.js';
import type { Threepid } from '../identifiers/threepid.js';

type OwnerOf = (threepid: Threepid) => Mxid | undefined;

/**
 * Compares the changes in a directory since the last sync with the mirror. `undefined` if the directory cannot report
 * them: a full sync is then needed. A deleted person is noticed as soon as another person has their user ID, or one of
 * their addresses.
 *
 * @param ownerOf returns the user of an address according to the current mirror
 */
export async function diffSince(
  directory: Directory,
  store: MirrorStore,
  { syncCursor, bases: before }: MirrorState,
  ownerOf: OwnerOf,
): Promise<DirectoryDiff | undefined> {
  const extraIds = (changed: readonly DirectoryPage[]) => conflictingIds(changed, directory.name, store, ownerOf);
  const mirrored = () => digestsIn(store, directory.name);
  const changes = syncCursor === undefined ? undefined : await directory.changes?.(syncCursor, extraIds, mirrored);
  if (!changes) return undefined;
  const { present, gone } = changes;
  const ids = [...present.flatMap(({ entries }) => entries.map(({ id }) => id)), ...gone];
  const known = new Map((await store.get(directory.name, ids)).map((entry) => [entry.id, entry]));

  const duplicates = new DuplicateIds();
  const all = new EntryDiff(store);
  for (const { base: part, entries } of present) {
    for (const entry of entries) if (duplicates.isFirst(entry)) all.take(entry, part, known.get(entry.id));
  }
  const ambiguous = await duplicates.ambiguous(all, store, directory.name);
  const { gathered } = all.without(ambiguous, known);
  const removed = [...gone, ...ambiguous.keys()].filter((id) => known.has(id));

  const bases: Record<string, number> = { ...Object.fromEntries(directory.bases.map((base) => [base, 0])), ...before };
  const count = (base: string, difference: number) => (bases[base] = (bases[base] ?? 0) + difference);
  const changed = [...gathered.upserts.pages()].flat();
  for (const { base: part } of changed) count(part, 1);
  for (const id of [...removed, ...changed.map((entry) => entry.id)]) {
    const former = known.get(id);
    if (former) count(former.base, -1);
  }
  const warnings = duplicateWarnings(ambiguous);
  return {
    ...gathered,
    isFull: false,
    bases,
    removed,
    ambiguous: sizeOf(ambiguous),
    isNew: (id) => !known.has(id),
    ...(ambiguous.size > 0 && { warnings }),
    syncCursor: changes.syncCursor,
  };
}

async function digestsIn(store: MirrorStore, source: string): Promise<ReadonlyMap<string, string>> {
  const digests = new Map<string, string>();
  for await (const page of store.digests(source)) for (const { id, digest } of page) digests.set(id, digest);
  return digests;
}

/** Ids of mirrored entries whose user ID or address now belongs to a changed entry. */
async function conflictingIds(
  pages: readonly DirectoryPage[],
  source: string,
  store: MirrorStore,
  ownerOf: OwnerOf,
): Promise<readonly string[]> {
  const present = pages.flatMap(({ entries }) => entries);
  const isPresent = new Set(present.map(({ id }) => id));
  const digests = new Map((await store.get(source, [...isPresent])).map(({ id, digest }) => [id, digest]));
  const changed = present.filter(({ id, digest }) => digests.get(id) !== digest);
  const people = changed.flatMap((entry) => entry.parse().person ?? []);
  const names = new Set(people.map(({ mxid }) => mxid));
  for (const threepid of people.flatMap(({ threepids }) => threepids)) {
    const owner = ownerOf(threepid);
    if (owner !== undefined) names.add(owner);
  }
  const sameUserId = await store.findByMxid([...names]);
  return sameUserId.flatMap((entry) => (entry.source === source && !isPresent.has(entry.id) ? entry.id : []));
}
