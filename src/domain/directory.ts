import type { Association } from './association.js';
import type { Mxid } from './mxid.js';
import type { Threepid } from './threepid.js';

/** Somebody a directory knows. */
export interface Person {
  readonly mxid: Mxid;
  /** Canonical, without repetition; may be empty. */
  readonly threepids: readonly Threepid[];
}

/** Why an entry, or a value of it, is not taken: one line for the operator. */
export type LeftOut = string;

/** One entry of a directory as a listing meets it, not yet understood: most are the same as last time. */
export interface DirectoryEntry {
  /** The entry's own lasting id, never given to anybody else: `entryUUID`, `objectGUID` in hex. */
  readonly id: string;
  /** What the operator calls it: a distinguished name. */
  readonly label: string;
  /** Entries with equal stamps read the same. */
  readonly stamp: string;
  /** Understands it: the person, or why it is none, and what of it was left out. */
  read(): { readonly person: Person | undefined; readonly leftOut: readonly LeftOut[] };
}

/** An entry in the mirror. */
export interface MirroredEntry {
  readonly id: string;
  readonly label: string;
  readonly stamp: string;
  /** The part of the directory that it is listed in. */
  readonly part: string;
  readonly person: Person | undefined;
  readonly leftOut: readonly LeftOut[];
}

/** An entry in any mirror. */
export type SourcedEntry = MirroredEntry & { readonly source: string };

/** What is known of a mirror as a whole. */
export interface MirrorState {
  /** When the last good listing began, ms since the epoch; `undefined` if there was none. */
  readonly syncedAt: number | undefined;
  /** Whether the mirror is as the first good listing of all left it. */
  readonly isFirst?: true;
  /** How many entries each part of it had. */
  readonly parts: Readonly<Record<string, number>>;
  /** What is odd about them, by part. Absent: nothing. */
  readonly remarks?: Readonly<Record<string, string>>;
  /**
   * Why the newest attempt was not applied; `undefined` if it was. `isSuspect`: the directory was
   * read to its end, at this attempt or at one before it, and what it gave is not believed until a
   * sync is applied. `isOfChanges`: everything was read well before.
   */
  readonly failure:
    | { readonly at: number; readonly reason: string; readonly isSuspect?: true; readonly isOfChanges?: true }
    | undefined;
  /** When the newest attempt to read everything began, ms since the epoch. */
  readonly attemptedAt: number | undefined;
  /** From where the directory can say what changed. Absent: it cannot. */
  readonly bookmark?: string;
  /** When it was asked for changes last, ms since the epoch. Absent: not since everything was read. */
  readonly changesAt?: number;
}

/**
 * What the hash index holds: this user is said to be behind this threepid. A claim is another one
 * once its user name turns out to be `shared` by two people: then it answers for nobody.
 */
export interface Claim extends Association {
  readonly isShared?: true;
}
