import type { DirectoryEntry } from '../domain/directory/directory-entry.js';

export interface DirectoryPage {
  /** The part of the directory that the page is from, e.g. the search base. Guards check each part separately. */
  readonly base: string;
  readonly entries: readonly DirectoryEntry[];
  /** Set if this part was read to its end and returned no entry: why the result may be wrong. */
  readonly warning?: string;
}

/**
 * Changes that a directory can report without a full listing. Deletions, and moves out of the directory, are not
 * included.
 */
export interface DirectoryChanges {
  /** Entries of this directory that changed, or that were requested as extra ids. */
  readonly present: readonly DirectoryPage[];
  /** Ids of requested or changed entries that are not in the directory, whether or not they ever were. */
  readonly gone: readonly string[];
  readonly syncCursor: string;
}

/** Given the changed entries, returns the ids of further entries whose presence must be checked. */
export type ExtraIds = (changed: readonly DirectoryPage[]) => Promise<readonly string[]>;

/** The digests of all entries in the mirror, by id. */
export type MirroredDigests = () => Promise<ReadonlyMap<string, string>>;

/** A source that can be listed completely. */
export abstract class Directory {
  /** The name of the `ThreepidSource` that it lists. */
  abstract readonly name: string;

  /**
   * Whether it derives user IDs from its own user names. Two entries with one user ID may then be two people. Otherwise
   * it stores the user IDs themselves.
   */
  abstract readonly derivesUserIds: boolean;

  /**
   * Whether its entries are people with stable ids, so that a missing entry means that the person has left. Otherwise
   * it is a list of addresses, and a missing entry may only mean that a person has no address in it.
   */
  abstract readonly hasStableIds: boolean;

  /** Whether its entries contain the text for people search. */
  readonly keepsNames?: boolean;

  /** Every part, with or without entries. */
  abstract readonly bases: readonly string[];

  /**
   * Reads all entries, page by page, at the speed of the consumer. Each entry is returned once, unless it moves during
   * the listing. Throws if the directory cannot be read to its end: all pages returned so far must then be discarded.
   *
   * @param onBookmark called before the end with the cursor from which `changes` can continue; not called if there is
   *   none
   */
  abstract list(onBookmark?: (syncCursor: string) => void): AsyncIterable<DirectoryPage>;

  /**
   * What changed since a cursor was created. A change may be reported more than once. `undefined` if the changes are no
   * longer available, or are too many: a full listing is needed. Throws like `list`. Entries without a stable id cannot
   * be requested as extra ids.
   *
   * @param mirrored called if membership can change without a change to the entry: all members are compared in this
   *   case
   */
  changes?(since: string, extraIds?: ExtraIds, mirrored?: MirroredDigests): Promise<DirectoryChanges | undefined>;

  /** Why the most recent incremental sync failed; `undefined` if it succeeded, or if there was none. */
  readonly incrementalProblem?: string | undefined;

  /** Aborts running listings and change requests permanently. They throw `ShutdownError`. */
  abort?(): void;
}
