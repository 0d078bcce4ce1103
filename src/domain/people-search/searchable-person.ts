import type { Mxid } from '../identifiers/mxid.js';

/** A person who can be found by name. */
export interface SearchablePerson {
  readonly mxid: Mxid;
  /** The display name. Absent: the directory has none. */
  readonly name?: string;
  /** Other search terms, as stored in the directory. */
  readonly keywords: readonly string[];
  /** The source of the name. */
  readonly source: string;
}

/** How one word of a query matched. */
export interface WordMatch {
  /** The matching word of the person, folded. */
  readonly word: string;
  /** Whether the word is part of the display name. */
  readonly isName: boolean;
  /** Whether the whole word matches, not only its beginning. */
  readonly isWhole: boolean;
}

/** A search hit. */
export interface PersonHit {
  readonly mxid: Mxid;
  readonly name?: string;
  readonly source: string;
  /** Higher scores come first. The score depends only on the query and the person. */
  readonly score: number;
}

/** The value of one match: words of the display name are worth more than others, whole words more than beginnings. */
export const matchLevel = (isName: boolean, isWhole: boolean): number => (isName ? 2 : 0) + (isWhole ? 1 : 0);

/**
 * @param levels the sum of the match levels of all words of the query
 * @param isInOrder whether the first word of the query begins the name
 */
export const scoreOf = (levels: number, isInOrder: boolean): number => 2 * levels + (isInOrder ? 1 : 0);
