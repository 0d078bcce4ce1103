import type { MirrorStore } from '../../ports/mirror-store.js';
import type { EntryDiff } from './entry-diff.js';
import type { DirectoryEntry, MirroredEntry, Person } from '../directory/directory-entry.js';
import { groupBy } from '../shared/group-by.js';

/** The maximum number of duplicates to collect if most entries are duplicates: there may be a million. */
const MOST = 1_000;
/** How many ids a warning lists, and how many entries of each. */
const NAMED = 3;

/** Entries with the same id, the first one of the listing first. */
export type DuplicateGroup = readonly [MirroredEntry, ...Later[]];

interface Later {
  readonly label: string;
  /** Equal for equal people. */
  readonly person: string;
}

/**
 * Ids that a directory returns for more than one entry: because they are not unique, or because the entry moved during
 * the listing.
 */
export class DuplicateIds {
  private readonly seen = new Set<string>();
  private readonly later = new Map<string, Later[]>();
  private repetitions = 0;

  /** The number of distinct ids so far. */
  get size(): number {
    return this.seen.size;
  }

  has(id: string): boolean {
    return this.seen.has(id);
  }

  /**
   * @returns whether it is the first entry with its id
   * @throws Error if most entries are duplicates: the attribute is then not a unique id
   */
  isFirst(entry: DirectoryEntry): boolean {
    const { id, label } = entry;
    if (this.seen.size < this.seen.add(id).size) return true;
    this.repetitions += 1;
    if (this.repetitions > MOST && this.repetitions > this.seen.size)
      throw new Error(`most entries of the directory have the same id as another entry: ${label} has ${id}`);
    const later = this.later.get(id) ?? [];
    later.push({ label, person: personKey(entry.parse().person) });
    this.later.set(id, later);
    return false;
  }

  /** The entries of those ids that belong to different people. */
  async ambiguous(
    { upserts }: EntryDiff,
    store: MirrorStore,
    source: string,
  ): Promise<ReadonlyMap<string, DuplicateGroup>> {
    const found = new Map<string, DuplicateGroup>();
    if (this.later.size === 0) return found;
    const drafted = [...upserts.pages()].flatMap((page) => page.filter(({ id }) => this.later.has(id)));
    const isDrafted = new Set(drafted.map(({ id }) => id));
    const stored = await store.get(
      source,
      [...this.later.keys()].filter((id) => !isDrafted.has(id)),
    );
    for (const first of [...drafted, ...stored]) {
      const others = (this.later.get(first.id) ?? []).filter(({ person }) => person !== personKey(first.person));
      if (others.length > 0) found.set(first.id, [first, ...others]);
    }
    return found;
  }
}

const personKey = (person: Person | undefined): string => JSON.stringify(person ?? null);

/** One warning for each part in which entries are skipped because of their ids. */
export function duplicateWarnings(ambiguous: ReadonlyMap<string, DuplicateGroup>): Readonly<Record<string, string>> {
  const byPart = groupBy(ambiguous, ([, [first]]) => first.base);
  const line = (all: readonly (readonly [id: string, DuplicateGroup])[]) =>
    `entries with the same id are skipped: ${sampleOf(all.map(textOf)).join('; ')}`;
  return Object.fromEntries([...byPart].map(([base, all]) => [base, line(all)]));
}

const textOf = ([id, entries]: readonly [id: string, DuplicateGroup]): string =>
  `${id} is the id of ${sampleOf(entries.map(({ label }) => label)).join(' and ')}`;

/** The first texts, and how many more there are. */
const sampleOf = (texts: readonly string[]): readonly string[] =>
  texts.length > NAMED ? [...texts.slice(0, NAMED), `${texts.length - NAMED} more`] : texts;

/** The number of entries and of ids. */
export const sizeOf = (ambiguous: ReadonlyMap<string, DuplicateGroup>): { entries: number; ids: number } => ({
  entries: [...ambiguous.values()].reduce((sum, { length }) => sum + length, 0),
  ids: ambiguous.size,
});
