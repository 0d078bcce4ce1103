import type { MirroredEntry } from '../domain/directory/directory-entry.js';
import type { MirrorState } from '../domain/directory/mirror-state.js';
import type { Mxid } from '../domain/identifiers/mxid.js';
import type { Threepid } from '../domain/identifiers/threepid.js';
import type { ClaimChange } from './change-feed.js';

/** Entries to be put into a mirror, kept in little room until they are: there may be a million. */
export interface EntryBuffer {
  readonly size: number;
  add(entry: MirroredEntry): void;
  /** As they were added, in pages of at most a few hundred. May be read again. */
  pages(): Iterable<readonly MirroredEntry[]>;
}

export interface MirrorUpdate {
  /** New entries, and changed ones in place of those of the same id. A draft of the same store. */
  readonly upserts: EntryBuffer;
  /** Ids of entries that are gone. */
  readonly removed: readonly string[];
  readonly state: MirrorState;
  /** What this changes in the claims of sources; written to the change feed with it. */
  readonly changes: readonly ClaimChange[];
}

/** The last good copy of each directory. Survives restarts; shared by all instances on one database. */
export abstract class MirrorStore {
  /** `undefined` before the first sync of this source. */
  abstract state(source: string): Promise<MirrorState | undefined>;

  /** Sets the state alone, e.g. to remember a failure. */
  abstract saveState(source: string, state: MirrorState): Promise<void>;

  /** Every entry of a source, in pages of at most a few thousand, in no order. */
  abstract entries(source: string): AsyncIterable<readonly MirroredEntry[]>;

  /** Only ids and stamps, in pages, in no order: what a sync compares. */
  abstract digests(source: string): AsyncIterable<readonly Pick<MirroredEntry, 'id' | 'digest' | 'base'>[]>;

  /** The entries of these ids; unknown ones are left out. Any number may be asked. */
  abstract get(source: string, ids: readonly string[]): Promise<readonly MirroredEntry[]>;

  /** The entries of any source that are named like this. Any number may be asked. */
  abstract findByMxid(mxids: readonly Mxid[]): Promise<readonly (MirroredEntry & { readonly source: string })[]>;

  /** The user IDs that more than one entry has, over all sources. */
  abstract repeatedMxids(): Promise<readonly Mxid[]>;

  /** The entries of a source that have this threepid, answered for or withheld, for explanations and owners: may be slow. */
  abstract findByThreepid(source: string, threepid: Threepid): Promise<readonly MirroredEntry[]>;

  /** An empty draft. */
  abstract draft(): EntryBuffer;

  /**
   * Applies an update in one transaction: all of it, or nothing and an error. Whose the removed
   * entries were is recorded for the `UserIdAssignmentStore` with it. Labels and what was left out may be any
   * text; putting an id twice is an error.
   */
  abstract apply(source: string, update: MirrorUpdate): Promise<void>;

  /** Removes every entry of a source and its state. Whose the entries were is not recorded. @returns how many there were */
  abstract remove(source: string): Promise<number>;
}
