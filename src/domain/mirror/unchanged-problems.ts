import type { MirrorStore } from '../../ports/mirror-store.js';
import type { SourcedEntry } from '../directory/directory-entry.js';
import type { Mxid } from '../identifiers/mxid.js';
import type { DirectoryDiff } from './full-sync.js';

type Collisions = ReadonlyMap<Mxid, readonly SourcedEntry[]>;

/**
 * Adds the problems of unchanged entries to the result of a sync: their skipped values, and the user IDs that they
 * share. Reads the whole mirror.
 *
 * @param found collisions of the user IDs of new and changed entries
 * @param knownCollisions collisions in the mirror as stored
 */
export async function addUnchangedProblems(
  source: string,
  { upserts, removed, reportSamples }: DirectoryDiff,
  store: MirrorStore,
  found: Collisions,
  knownCollisions: Collisions,
): Promise<Collisions> {
  const changedIds = new Set(removed);
  for (const page of upserts.pages()) for (const { id } of page) changedIds.add(id);
  for await (const page of store.entries(source)) {
    for (const { id, label, skipped } of page)
      if (skipped.length > 0 && !changedIds.has(id)) reportSamples.leave(label, skipped);
  }
  const others = [...knownCollisions].filter(([, entries]) => {
    const own = entries.filter((entry) => entry.source === source);
    return own.length > 0 && !own.some(({ id }) => changedIds.has(id));
  });
  return new Map([...others, ...found]);
}
