import type { Directory, DirectoryPage } from '../ports/directory.js';
import type { MirrorStore } from '../ports/mirror-store.js';
import { Differences } from './differences.js';
import type { MirrorState } from './directory.js';
import type { Listing } from './listing.js';
import type { Mxid } from './mxid.js';
import { RepeatedIds, remarksOn, sizeOf } from './repeated-ids.js';
import type { Threepid } from './threepid.js';

type Whose = (threepid: Threepid) => Mxid | undefined;

/**
 * Compares what changed in a directory since its mirror was made. `undefined` if the directory
 * cannot say: then it has to be read from end to end. Somebody who was deleted is noticed as soon as
 * the name, or an address, is somebody else's.
 *
 * @param whose an address is by the mirror as it stands
 */
export async function compareChanges(
  directory: Directory,
  store: MirrorStore,
  { bookmark, parts: before }: MirrorState,
  whose: Whose,
): Promise<Listing | undefined> {
  const beside = (changed: readonly DirectoryPage[]) => rivals(changed, directory.name, store, whose);
  const changes = bookmark === undefined ? undefined : await directory.changes?.(bookmark, beside);
  if (!changes) return undefined;
  const { present, gone } = changes;
  const ids = [...present.flatMap(({ entries }) => entries.map(({ id }) => id)), ...gone];
  const known = new Map((await store.get(directory.name, ids)).map((entry) => [entry.id, entry]));

  const met = new RepeatedIds();
  const all = new Differences(store);
  for (const { part, entries } of present) {
    for (const entry of entries) if (met.isFirst(entry)) all.take(entry, part, known.get(entry.id));
  }
  const ambiguous = await met.ambiguous(all, store, directory.name);
  const { gathered } = all.without(ambiguous, known);
  const removed = [...gone, ...ambiguous.keys()].filter((id) => known.has(id));

  const parts: Record<string, number> = { ...Object.fromEntries(directory.parts.map((part) => [part, 0])), ...before };
  const count = (part: string, difference: number) => (parts[part] = (parts[part] ?? 0) + difference);
  const changed = [...gathered.put.pages()].flat();
  for (const { part } of changed) count(part, 1);
  for (const id of [...removed, ...changed.map((one) => one.id)]) {
    const former = known.get(id);
    if (former) count(former.part, -1);
  }
  const remarks = remarksOn(ambiguous);
  return {
    ...gathered,
    isWhole: false,
    parts,
    removed,
    ambiguous: sizeOf(ambiguous),
    isNew: (id) => !known.has(id),
    ...(ambiguous.size > 0 && { remarks }),
    bookmark: changes.bookmark,
  };
}

/** Ids of mirrored entries that have a name, or an address, that somebody who changed has now. */
async function rivals(
  pages: readonly DirectoryPage[],
  source: string,
  store: MirrorStore,
  whose: Whose,
): Promise<readonly string[]> {
  const present = pages.flatMap(({ entries }) => entries);
  const isPresent = new Set(present.map(({ id }) => id));
  const stamps = new Map((await store.get(source, [...isPresent])).map(({ id, stamp }) => [id, stamp]));
  const changed = present.filter(({ id, stamp }) => stamps.get(id) !== stamp);
  const people = changed.flatMap((entry) => entry.read().person ?? []);
  const names = new Set(people.map(({ mxid }) => mxid));
  for (const threepid of people.flatMap(({ threepids }) => threepids)) {
    const owner = whose(threepid);
    if (owner !== undefined) names.add(owner);
  }
  const namesakes = await store.findByMxid([...names]);
  return namesakes.flatMap((entry) => (entry.source === source && !isPresent.has(entry.id) ? entry.id : []));
}
