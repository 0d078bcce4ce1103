import type { Directory } from '../ports/directory.js';
import type { MirrorStore } from '../ports/mirror-store.js';
import type { Listing, MirroredEntry } from './directory.js';

/** Reads a directory from end to end and compares it; entries with a known stamp are not even understood. */
export async function compare(
  directory: Directory,
  store: MirrorStore,
  onProgress: (listed: number) => void = () => undefined,
): Promise<Listing> {
  const known = new Map<string, string | typeof MET>();
  for await (const page of store.stamps(directory.name)) {
    for (const { id, stamp, part } of page) known.set(id, `${stamp} ${part}`);
  }

  const parts: Record<string, number> = Object.fromEntries(directory.parts.map((part) => [part, 0]));
  const put: MirroredEntry[] = [];
  const added = new Set<string>();
  let listed = 0;
  for await (const { part, entries } of directory.list()) {
    for (const entry of entries) {
      const { id, label, stamp } = entry;
      const before = known.get(id);
      if (before === MET) throw new Error(`the directory lists two entries with the id ${id}`);
      if (before !== `${stamp} ${part}`) put.push({ id, label, stamp, part, ...entry.read() });
      if (before === undefined) added.add(id);
      known.set(id, MET);
    }
    parts[part] = (parts[part] ?? 0) + entries.length;
    listed += entries.length;
    onProgress(listed);
  }
  return { parts, put, added, removed: [...known].flatMap(([id, stamp]) => (stamp === MET ? [] : id)) };
}

const MET = Symbol('met');
