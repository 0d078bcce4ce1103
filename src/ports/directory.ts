import type { DirectoryEntry } from '../domain/directory/directory-entry.js';

export interface DirectoryPage {
  /** Which part of the directory it is from, e.g. the search base. Guards watch each part by itself. */
  readonly base: string;
  readonly entries: readonly DirectoryEntry[];
  /** What is odd about this part, which was read to its end and gave no entry: why that may not be the truth. */
  readonly warning?: string;
}

/** What a directory can say without being read from end to end: neither deletions nor moves out of it. */
export interface DirectoryChanges {
  /** Entries that changed, or were asked for besides, and are of this directory now. */
  readonly present: readonly DirectoryPage[];
  /** Ids of such entries that are not, whether or not they ever were. */
  readonly gone: readonly string[];
  readonly syncCursor: string;
}

/** Told who changed, says of whom besides it is to be said whether they are there: by id. */
export type ExtraIds = (changed: readonly DirectoryPage[]) => Promise<readonly string[]>;

/** The stamps of all entries in the mirror, by id. */
export type MirroredDigests = () => Promise<ReadonlyMap<string, string>>;

/** A source that can be read from end to end. */
export abstract class Directory {
  /** The name of the `ThreepidSource` it lists. */
  abstract readonly name: string;

  /**
   * Whether it makes user IDs out of names of its own, so that two entries with one user ID may be
   * two people, rather than knowing the user IDs themselves.
   */
  abstract readonly derivesUserIds: boolean;

  /**
   * Whether its entries are people with lasting ids of their own, so that an entry that is gone is
   * somebody who left, rather than a list of addresses that somebody may merely have none of.
   */
  abstract readonly hasStableIds: boolean;

  /** Whether its people carry what they are searched by. */
  readonly keepsNames?: boolean;

  /** Every part, whether or not it has entries. */
  abstract readonly bases: readonly string[];

  /**
   * Reads everything, each entry once unless it moves meanwhile, page by page, no faster than pages are taken. Throws if it cannot be read to
   * its end: then nothing that was yielded counts.
   *
   * @param onBookmark told, before the end, from where `changes` can go on; not told if it cannot
   */
  abstract list(onBookmark?: (syncCursor: string) => void): AsyncIterable<DirectoryPage>;

  /**
   * What changed since a bookmark was made, perhaps told more than once. `undefined` if that cannot
   * be said any more, or is too much to be said: then everything has to be read. Throws like `list`.
   * Entries without an id of their own are not asked for besides.
   *
   * @param mirrored asked for where membership can change without a change of the entry: then all members are compared
   */
  changes?(since: string, extraIds?: ExtraIds, mirrored?: MirroredDigests): Promise<DirectoryChanges | undefined>;

  /** Why it did not say what changed when it was asked last; `undefined` if it did, or was not asked. */
  readonly incrementalProblem?: string | undefined;

  /** Ends, for good, what is being listed or asked for changes, which then throws `ShutdownError`. */
  abort?(): void;
}
