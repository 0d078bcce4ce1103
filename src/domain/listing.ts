import type { Directory } from '../ports/directory.js';
import type { MirrorStore } from '../ports/mirror-store.js';
import { Differences, type Gathered } from './differences.js';
import { RepeatedIds, remarksOn, sizeOf } from './repeated-ids.js';

/** How a directory differs from its mirror. */
export interface Listing extends Gathered {
  /** Whether everything was read, and not only what changed. */
  readonly isWhole: boolean;
  /** How many entries each part has now. */
  readonly parts: Readonly<Record<string, number>>;
  readonly isNew: (id: string) => boolean;
  /** Ids of mirrored entries that were not met any more, or are another entry's, too. */
  readonly removed: readonly string[];
  /** How many entries are left out because their id is another's, too, and how many ids these are. */
  readonly ambiguous: { readonly entries: number; readonly ids: number };
  /** What is odd about parts. Absent: nothing. */
  readonly remarks?: Readonly<Record<string, string>>;
  readonly bookmark?: string;
}

/** Reads a directory from end to end and compares it; entries with a known stamp are not even understood. */
export async function compare(
  directory: Directory,
  store: MirrorStore,
  onProgress: (listed: number) => void = () => undefined,
): Promise<Listing> {
  // Begun before the stamps are read: until the first page is there, a directory takes its time.
  let bookmark: string | undefined;
  const pages = directory.list((made) => (bookmark = made))[Symbol.asyncIterator]();
  const first = pages.next();
  first.catch(() => undefined);
  const known = await stampsIn(store, directory.name).catch(async (error: unknown) => {
    await pages.return?.();
    throw error;
  });

  const parts: Record<string, number> = Object.fromEntries(directory.parts.map((part) => [part, 0]));
  const differences = new Differences(store);
  const met = new RepeatedIds();
  const remarks: Record<string, string> = {};
  for await (const { part, entries, remark } of startingWith(first, pages)) {
    for (const entry of entries) {
      if (!met.isFirst(entry)) continue;
      parts[part] = (parts[part] ?? 0) + 1;
      differences.take(entry, part, known.get(entry.id));
    }
    if (remark !== undefined) remarks[part] = remark;
    onProgress(met.size);
  }
  const ambiguous = await met.ambiguous(differences, store, directory.name);
  for (const [{ part }] of ambiguous.values()) parts[part] = (parts[part] ?? 0) - 1;
  Object.assign(remarks, remarksOn(ambiguous));
  const removed: string[] = [];
  for (const id of known.keys()) if (!met.has(id) || ambiguous.has(id)) removed.push(id);
  return {
    ...differences.without(ambiguous, known).gathered,
    isWhole: true,
    parts,
    removed,
    ambiguous: sizeOf(ambiguous),
    isNew: (id) => !known.has(id),
    ...(Object.keys(remarks).length > 0 && { remarks }),
    ...(bookmark !== undefined && { bookmark }),
  };
}

type Stamps = ReadonlyMap<string, { readonly stamp: string; readonly part: string }>;

async function stampsIn(store: MirrorStore, source: string): Promise<Stamps> {
  const known = new Map<string, { readonly stamp: string; readonly part: string }>();
  for await (const page of store.stamps(source)) for (const one of page) known.set(one.id, one);
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
