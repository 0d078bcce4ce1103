import type { Mxid } from '../domain/identifiers/mxid.js';
import type { PersonHit, SearchablePerson } from '../domain/people-search/searchable-person.js';
import type { Spellings } from '../domain/people-search/search-words.js';

/** Everybody who can be found, each once, in pages. May be read again at any time. */
export type PeopleReader = () => AsyncIterable<readonly SearchablePerson[]>;

export interface NameFindings {
  /** Best first. Of hits of one score, by name, and then by user ID. */
  readonly hits: readonly PersonHit[];
  /** How many there are in all. */
  readonly total: number;
}

/**
 * People by the words of their names, in memory. Asking is synchronous; building happens off the event
 * loop. The same people are found in the same order, however they came in.
 */
export abstract class NameIndex {
  /**
   * Loads everybody anew. Until that is done the former content answers. What is applied meanwhile is in
   * the result. Loads follow each other.
   *
   * @throws what the reader throws; then the former content stays
   */
  abstract load(people: PeopleReader): Promise<void>;

  /** Removes, then adds or replaces. Right in the next `find`. */
  abstract apply(removed: readonly Mxid[], put: readonly SearchablePerson[]): void;

  /** Whoever has, for each term, a word that begins with one of its spellings; nobody without a term. */
  abstract find(terms: readonly Spellings[], most: number): NameFindings;

  /** Somebody by user ID. */
  abstract get(mxid: Mxid): PersonHit | undefined;

  /**
   * How many people it holds, in how many bytes with their names, and how many of them were applied since
   * the last load: with thousands of these, asking takes longer.
   */
  abstract size(): { readonly people: number; readonly bytes: number; readonly applied: number };

  /** Ends its helpers. Nothing may be asked afterwards. */
  abstract close(): Promise<void>;
}
