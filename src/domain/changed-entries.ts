import type { Directory } from '../ports/directory.js';
import type { MirrorStore } from '../ports/mirror-store.js';
import { Differences } from './differences.js';
import type { MirrorState } from './directory.js';
import type { Listing } from './listing.js';

/**
 * Compares what changed in a directory since its mirror was made. `undefined` if the directory
 * cannot say: then it has to be read from end to end.
 */
export async function compareChanges(
  directory: Directory,
  store: MirrorStore,
  { bookmark, parts: before }: MirrorState,
): Promise<Listing | undefined> {
  const changes = bookmark === undefined ? undefined : await directory.changes?.(bookmark);
  if (!changes) return undefined;
  const { present, gone } = changes;
  const ids = [...present.flatMap(({ entries }) => entries.map(({ id }) => id)), ...gone];
  const known = new Map((await store.get(directory.name, ids)).map((entry) => [entry.id, entry]));

  const parts: Record<string, number> = { ...Object.fromEntries(directory.parts.map((part) => [part, 0])), ...before };
  const count = (part: string, difference: number) => (parts[part] = (parts[part] ?? 0) + difference);
  const differences = new Differences(store);
  for (const { part, entries } of present) {
    for (const entry of entries) {
      const former = known.get(entry.id);
      if (!differences.take(entry, part, former)) continue;
      if (former) count(former.part, -1);
      count(part, 1);
    }
  }
  const removed = gone.filter((id) => known.has(id));
  for (const id of removed) count(known.get(id)?.part ?? '', -1);
  const isNew = (id: string) => !known.has(id);
  const { put, bare, moved, repeated, sightings } = differences;
  return { isWhole: false, parts, put, bare, moved, repeated, sightings, removed, isNew, bookmark: changes.bookmark };
}
