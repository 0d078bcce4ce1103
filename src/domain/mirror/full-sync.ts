import type { Directory } from '../../ports/directory.js';
import type { MirrorStore } from '../../ports/mirror-store.js';
import { EntryDiff, type Gathered } from './entry-diff.js';
import { DuplicateIds, duplicateWarnings, sizeOf } from './duplicate-ids.js';

/** The differences between a directory and its mirror. */
export interface DirectoryDiff extends Gathered {
  /** Whether it is a full sync, not an incremental one. */
  readonly isFull: boolean;
  /** The current number of entries of each part. */
  readonly bases: Readonly<Record<string, number>>;
  readonly isNew: (id: string) => boolean;
  /** Ids of mirrored entries that are missing now, or whose id is no longer unique. */
  readonly removed: readonly string[];
  /** How many entries are skipped because their ids are not unique, and how many ids these are. */
  readonly ambiguous: { readonly entries: number; readonly ids: number };
  /** Warnings about the parts. Absent: none. */
  readonly warnings?: Readonly<Record<string, string>>;
  readonly syncCursor?: string;
}

/** Lists a directory completely and compares it with the mirror. Entries with unchanged digests are not parsed. */
export async function diffAll(
  directory: Directory,
  store: MirrorStore,
  onProgress: (listed: number) => void = () => undefined,
): Promise<DirectoryDiff> {
  // Started before the digests are read: a directory takes some time to return the first page.
  let syncCursor: string | undefined;
  const pages = directory.list((made) => (syncCursor = made))[Symbol.asyncIterator]();
  const first = pages.next();
  first.catch(() => undefined);
  const known = await stampsIn(store, directory.name).catch(async (error: unknown) => {
    await pages.return?.();
    throw error;
  });

  const bases: Record<string, number> = Object.fromEntries(directory.bases.map((base) => [base, 0]));
  const differences = new EntryDiff(store);
  const duplicates = new DuplicateIds();
  const warnings: Record<string, string> = {};
  for await (const { base: part, entries, warning } of startingWith(first, pages)) {
    for (const entry of entries) {
      if (!duplicates.isFirst(entry)) continue;
      bases[part] = (bases[part] ?? 0) + 1;
      differences.take(entry, part, known.get(entry.id));
    }
    if (warning !== undefined) warnings[part] = warning;
    onProgress(duplicates.size);
  }
  const ambiguous = await duplicates.ambiguous(differences, store, directory.name);
  for (const [{ base: part }] of ambiguous.values()) bases[part] = (bases[part] ?? 0) - 1;
  Object.assign(warnings, duplicateWarnings(ambiguous));
  const removed: string[] = [];
  for (const id of known.keys()) if (!duplicates.has(id) || ambiguous.has(id)) removed.push(id);
  return {
    ...differences.without(ambiguous, known).gathered,
    isFull: true,
    bases,
    removed,
    ambiguous: sizeOf(ambiguous),
    isNew: (id) => !known.has(id),
    ...(Object.keys(warnings).length > 0 && { warnings }),
    ...(syncCursor !== undefined && { syncCursor }),
  };
}

type Stamps = ReadonlyMap<string, { readonly digest: string; readonly base: string }>;

async function stampsIn(store: MirrorStore, source: string): Promise<Stamps> {
  const known = new Map<string, { readonly digest: string; readonly base: string }>();
  for await (const page of store.digests(source)) for (const digest of page) known.set(digest.id, digest);
  return known;
}

/** An iteration whose first step has already been started. */
async function* startingWith<T>(first: Promise<IteratorResult<T>>, rest: AsyncIterator<T>): AsyncGenerator<T> {
  try {
    for (let step = await first; !step.done; step = await rest.next()) yield step.value;
  } finally {
    await rest.return?.();
  }
}
