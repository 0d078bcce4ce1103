import type { Directory } from '../ports/directory.js';
import type { MirrorStore } from '../ports/mirror-store.js';
import type { MirroredEntry, MirrorState } from './directory.js';
import type { Listing } from './listing.js';
import type { Mxid } from './mxid.js';
import { Sightings } from './sync-report.js';

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
  const put = store.draft();
  const bare: string[] = [];
  const sightings = new Sightings();
  const names = new Set<Mxid>();
  const repeated = new Set<Mxid>();
  for (const { part, entries } of present) {
    for (const entry of entries) {
      const { id, label, stamp } = entry;
      const former = known.get(id);
      if (former?.stamp === stamp && former.part === part) continue;
      const now: MirroredEntry = { id, label, stamp, part, ...entry.read() };
      put.add(now);
      sightings.take(now, !former);
      if (former) count(former.part, -1);
      count(part, 1);
      if (former && !now.person?.threepids.length) bare.push(id);
      if (now.person) (names.has(now.person.mxid) ? repeated : names).add(now.person.mxid);
    }
  }
  const removed = gone.filter((id) => known.has(id));
  for (const id of removed) count(known.get(id)?.part ?? '', -1);
  const isNew = (id: string) => !known.has(id);
  return { isWhole: false, parts, put, isNew, bare, repeated, removed, sightings, bookmark: changes.bookmark };
}
