import type { Mxid } from '../identifiers/mxid.js';

/** Somebody who can be found by name. */
export interface SearchablePerson {
  readonly mxid: Mxid;
  /** As it is shown. Absent: the directory has none. */
  readonly name?: string;
  /** What else they are found by, as the directory has it. */
  readonly keywords: readonly string[];
  /** The source whose name it is. */
  readonly source: string;
}

/** How one word of a query was found. */
export interface WordMatch {
  /** The word of the person, folded. */
  readonly word: string;
  /** Whether it is one of the name that is shown. */
  readonly isName: boolean;
  /** Whether it is the word that was asked for, and not only begins with it. */
  readonly isWhole: boolean;
}

/** Somebody who was found, and why. */
export interface PersonHit {
  readonly mxid: Mxid;
  readonly name?: string;
  readonly source: string;
  /** Hits of more come first; the same query gives the same to the same person everywhere. */
  readonly score: number;
  /** For each word of the query how it was found best; none for whoever was named exactly. */
  readonly matches: readonly WordMatch[];
}

/** What one found word is worth: one of the name more than any other, a whole one more than a beginning. */
export const matchLevel = (isName: boolean, isWhole: boolean): number => (isName ? 2 : 0) + (isWhole ? 1 : 0);

/** @param levels of the words of a query @param isInOrder whether the first of them begins the name */
export const scoreOf = (levels: number, isInOrder: boolean): number => 2 * levels + (isInOrder ? 1 : 0);
