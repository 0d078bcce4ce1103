import type { Directory } from '../ports/directory.js';
import type { MirrorStore } from '../ports/mirror-store.js';
import type { Listing, MirroredEntry } from './directory.js';
import type { Mxid } from './mxid.js';

/** Reads a directory from end to end and compares it; entries with a known stamp are not even understood. */
export async function compare(
  directory: Directory,
  store: MirrorStore,
  onProgress: (listed: number) => void = () => undefined,
): Promise<Listing> {
  // Begun before the stamps are read: until the first page is there, a directory takes its time.
  const pages = directory.list()[Symbol.asyncIterator]();
  const first = pages.next();
  first.catch(() => undefined);
  const known = await stampsIn(store, directory.name).catch(async (error: unknown) => {
    await pages.return?.();
    throw error;
  });

  const parts: Record<string, number> = Object.fromEntries(directory.parts.map((part) => [part, 0]));
  const put: MirroredEntry[] = [];
  const added = new Set<string>();
  const names = new Set<Mxid>();
  const repeated = new Set<Mxid>();
  let listed = 0;
  for await (const { part, entries } of startingWith(first, pages)) {
    for (const entry of entries) {
      const { id, label, stamp } = entry;
      const before = known.get(id);
      if (before === MET) throw new Error(`the directory lists two entries with the id ${id}`);
      if (before !== `${stamp} ${part}`) {
        const { person, leftOut } = entry.read();
        put.push({ id, label, stamp, part, person, leftOut });
        if (person) (names.has(person.mxid) ? repeated : names).add(person.mxid);
      }
      if (before === undefined) added.add(id);
      known.set(id, MET);
    }
    parts[part] = (parts[part] ?? 0) + entries.length;
    listed += entries.length;
    onProgress(listed);
  }
  const removed: string[] = [];
  for (const [id, stamp] of known) if (stamp !== MET) removed.push(id);
  return { parts, put, added, repeated, removed };
}

const MET = Symbol('met');

async function stampsIn(store: MirrorStore, source: string) {
  const known = new Map<string, string | typeof MET>();
  for await (const page of store.stamps(source)) {
    for (const { id, stamp, part } of page) known.set(id, `${stamp} ${part}`);
  }
  return known;
}

/** An iteration whose first step is under way already. */
async function* startingWith<T>(first: Promise<IteratorResult<T>>, rest: AsyncIterator<T>): AsyncGenerator<T> {
  try {
    for (let step = await first; !step.done; step = await rest.next()) yield step.value;
  } finally {
    await rest.return?.();
  }
}
