import type { Mxid } from '../identifiers/mxid.js';
import type { Threepid } from '../identifiers/threepid.js';

/** By what somebody is found who is searched by name. */
export interface SearchText {
  /** As it is shown. Absent: there is none. */
  readonly name?: string;
  /** Other values that are searched. */
  readonly keywords: readonly string[];
}

/** Somebody a directory knows. */
export interface Person {
  readonly mxid: Mxid;
  /** Canonical, without repetition; may be empty. */
  readonly threepids: readonly Threepid[];
  /** Told to nobody who looks for an address, and for all else a person like any other. */
  readonly isUnlisted?: true;
  /** Absent: nothing is kept to search by. */
  readonly searchText?: SearchText;
}

/** Why an entry, or a value of it, is not taken: one line for the operator. */
export type SkipReason = string;

/** One entry of a directory as a listing meets it, not yet understood: most are the same as last time. */
export interface DirectoryEntry {
  /** The entry's own lasting id, never given to anybody else: `entryUUID`, `objectGUID` in hex. */
  readonly id: string;
  /** What the operator calls it: a distinguished name. */
  readonly label: string;
  /** Entries with equal stamps read the same. */
  readonly digest: string;
  /** Understands it: the person, or why it is none, and what of it was left out. */
  parse(): ParsedEntry;
}

export interface ParsedEntry {
  readonly person: Person | undefined;
  readonly skipped: readonly SkipReason[];
  /** Addresses that are the entry's and are not answered for: it has no usable user name, or their medium is not asked of its source. */
  readonly withheld?: readonly Threepid[];
}

/** An entry in the mirror. */
export interface MirroredEntry {
  readonly id: string;
  readonly label: string;
  readonly digest: string;
  /** The part of the directory that it is listed in. */
  readonly base: string;
  readonly person: Person | undefined;
  readonly skipped: readonly SkipReason[];
  readonly withheld?: readonly Threepid[];
}

/** An entry in any mirror. */
export type SourcedEntry = MirroredEntry & { readonly source: string };
