import type { MirrorStore } from '../../ports/mirror-store.js';
import type { EntryDiff } from './entry-diff.js';
import type { DirectoryEntry, MirroredEntry, Person } from '../directory/directory-entry.js';
import { groupBy } from '../shared/group-by.js';

/** More repetitions than this, where they are most of what was met, are not gathered: there may be a million. */
const MOST = 1_000;
/** Ids that a remark names, and entries of each. */
const NAMED = 3;

/** Entries that have one id, the first that was met in front. */
export type DuplicateGroup = readonly [MirroredEntry, ...Later[]];

interface Later {
  readonly label: string;
  /** Equal for equal people. */
  readonly person: string;
}

/**
 * Ids that a directory gives to more than one entry, although an id is to be one entry's own, or that
 * it tells twice because the entry moves while it is listed.
 */
export class DuplicateIds {
  private readonly seen = new Set<string>();
  private readonly later = new Map<string, Later[]>();
  private repetitions = 0;

  /** How many ids were met. */
  get size(): number {
    return this.seen.size;
  }

  has(id: string): boolean {
    return this.seen.has(id);
  }

  /**
   * @returns whether it is the first entry of its id
   * @throws Error if most entries have the id of another: then it is none
   */
  isFirst(entry: DirectoryEntry): boolean {
    const { id, label } = entry;
    if (this.seen.size < this.seen.add(id).size) return true;
    this.repetitions += 1;
    if (this.repetitions > MOST && this.repetitions > this.seen.size)
      throw new Error(`most entries of the directory have the id of another: ${label} has ${id}`);
    const later = this.later.get(id) ?? [];
    later.push({ label, person: personKey(entry.parse().person) });
    this.later.set(id, later);
    return false;
  }

  /** The entries of those ids that are more than one person's, whoever they are. */
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

/** A line for each part in which entries are left out because of their ids. */
export function remarksOn(ambiguous: ReadonlyMap<string, DuplicateGroup>): Readonly<Record<string, string>> {
  const byPart = groupBy(ambiguous, ([, [first]]) => first.base);
  const line = (all: readonly (readonly [id: string, DuplicateGroup])[]) =>
    `entries with one id are left out: ${some(all.map(textOf)).join('; ')}`;
  return Object.fromEntries([...byPart].map(([base, all]) => [base, line(all)]));
}

const textOf = ([id, entries]: readonly [id: string, DuplicateGroup]): string =>
  `${id} is that of ${some(entries.map(({ label }) => label)).join(' and ')}`;

/** The first, and how many more there are. */
const some = (texts: readonly string[]): readonly string[] =>
  texts.length > NAMED ? [...texts.slice(0, NAMED), `${texts.length - NAMED} more`] : texts;

/** How many entries and ids these are. */
export const sizeOf = (ambiguous: ReadonlyMap<string, DuplicateGroup>): { entries: number; ids: number } => ({
  entries: [...ambiguous.values()].reduce((sum, { length }) => sum + length, 0),
  ids: ambiguous.size,
});
