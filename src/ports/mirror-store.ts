import type { MirroredEntry } from '../domain/directory/directory-entry.js';
import type { MirrorState } from '../domain/directory/mirror-state.js';
import type { Mxid } from '../domain/identifiers/mxid.js';
import type { Threepid } from '../domain/identifiers/threepid.js';
import type { ClaimChange } from './change-feed.js';

/** Entries to be written to a mirror, stored compactly until then: there may be a million. */
export interface EntryBuffer {
  readonly size: number;
  add(entry: MirroredEntry): void;
  /** The entries in the order in which they were added, in pages of at most a few hundred. May be read repeatedly. */
  pages(): Iterable<readonly MirroredEntry[]>;
}

export interface MirrorUpdate {
  /** New entries, and changed entries that replace those with the same id. A draft created by the same store. */
  readonly upserts: EntryBuffer;
  /** Ids of removed entries. */
  readonly removed: readonly string[];
  readonly state: MirrorState;
  /** How this changes the claims of sources; written to the change feed in the same transaction. */
  readonly changes: readonly ClaimChange[];
}

/** The last good copy of each directory. Persistent; shared by all instances that use the same database. */
export abstract class MirrorStore {
  /** `undefined` before the first sync of this source. */
  abstract state(source: string): Promise<MirrorState | undefined>;

  /** Saves only the state, e.g. to record a failure. */
  abstract saveState(source: string, state: MirrorState): Promise<void>;

  /** All entries of a source, in pages of at most a few hundred, in no particular order. */
  abstract entries(source: string): AsyncIterable<readonly MirroredEntry[]>;

  /** Only ids, digests and bases, in pages, in no particular order: what a sync compares. */
  abstract digests(source: string): AsyncIterable<readonly Pick<MirroredEntry, 'id' | 'digest' | 'base'>[]>;

  /** The entries with these ids; unknown ones are left out. Any number may be given. */
  abstract get(source: string, ids: readonly string[]): Promise<readonly MirroredEntry[]>;

  /** The entries of all sources with these user IDs. Any number may be given. */
  abstract findByMxid(mxids: readonly Mxid[]): Promise<readonly (MirroredEntry & { readonly source: string })[]>;

  /** The user IDs of more than one entry, over all sources. */
  abstract repeatedMxids(): Promise<readonly Mxid[]>;

  /**
   * Those of these user IDs that several entries have, or one entry of another source than this one. Reads no content.
   * Any number may be given.
   */
  abstract mxidsOfOthers(source: string, mxids: readonly Mxid[]): Promise<readonly Mxid[]>;

  /**
   * The entries of a source that have this threepid, whether it is answered or withheld. Used for explanations and
   * ownership; may be slow.
   */
  abstract findByThreepid(source: string, threepid: Threepid): Promise<readonly MirroredEntry[]>;

  /** An empty draft. */
  abstract draft(): EntryBuffer;

  /**
   * Applies an update in one transaction: completely, or not at all with an error. The assignments of the removed
   * entries are recorded for the `UserIdAssignmentStore` in the same transaction. Labels and skip reasons may be any
   * text. Putting an id twice is an error.
   */
  abstract apply(source: string, update: MirrorUpdate): Promise<void>;

  /**
   * Removes all entries of a source and its state. Assignments of the entries are not recorded. @returns how many there
   * were
   */
  abstract remove(source: string): Promise<number>;
}
