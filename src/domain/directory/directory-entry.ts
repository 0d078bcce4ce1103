import type { Mxid } from '../identifiers/mxid.js';
import type { Threepid } from '../identifiers/threepid.js';

/** The text by which a person can be found in people search. */
export interface SearchText {
  /** The display name. Absent: there is none. */
  readonly name?: string;
  /** Other values that are searched. */
  readonly keywords: readonly string[];
}

/** A person in a directory. */
export interface Person {
  readonly mxid: Mxid;
  /** Canonical, without duplicates; may be empty. */
  readonly threepids: readonly Threepid[];
  /** Not returned by lookups, but otherwise treated like any other person. */
  readonly isUnlisted?: true;
  /** Absent: no search text is stored. */
  readonly searchText?: SearchText;
}

/** Why an entry, or a value of it, is skipped: one line for the operator. */
export type SkipReason = string;

/** A directory entry as returned by a listing, not parsed yet: most entries have not changed since the last time. */
export interface DirectoryEntry {
  /** The stable id of the entry, never reused: `entryUUID`, `objectGUID` in hex. */
  readonly id: string;
  /** The name of the entry for operators: a distinguished name. */
  readonly label: string;
  /** Entries with equal digests have equal content. */
  readonly digest: string;
  /** Parses the entry: the person, or why there is none, and which values were skipped. */
  parse(): ParsedEntry;
}

export interface ParsedEntry {
  readonly person: Person | undefined;
  readonly skipped: readonly SkipReason[];
  /**
   * Addresses of the entry that are not returned by lookups: the entry has no usable user name, or the source is not
   * configured for their medium.
   */
  readonly withheld?: readonly Threepid[];
}

/** An entry in the mirror. */
export interface MirroredEntry {
  readonly id: string;
  readonly label: string;
  readonly digest: string;
  /** The part of the directory that contains it. */
  readonly base: string;
  readonly person: Person | undefined;
  readonly skipped: readonly SkipReason[];
  readonly withheld?: readonly Threepid[];
}

/** An entry in any mirror. */
export type SourcedEntry = MirroredEntry & { readonly source: string };
