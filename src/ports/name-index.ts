import type { Mxid } from '../domain/identifiers/mxid.js';
import type { PersonHit, SearchablePerson, WordMatch } from '../domain/people-search/searchable-person.js';
import type { Spellings } from '../domain/people-search/search-words.js';

/** All people who can be found, each once, in pages. May be read repeatedly. */
export type PeopleReader = () => AsyncIterable<readonly SearchablePerson[]>;

export interface NameFindings {
  /** The best hits first. Hits with equal scores are sorted by name, then by user ID. */
  readonly hits: readonly PersonHit[];
  /** The total number of matches. */
  readonly total: number;
}

/**
 * People by the words of their names, in memory. Searches are synchronous; the index is built off the event loop.
 * Results and their order do not depend on the order in which people were added.
 */
export abstract class NameIndex {
  /**
   * Reloads all people. The previous content is used until the load is complete. Changes applied meanwhile are included
   * in the result. Loads run one after another.
   *
   * @throws the error of the reader; the previous content is then kept
   */
  abstract load(people: PeopleReader): Promise<void>;

  /** Removes people, then adds or replaces people. Changes are visible to the next `find`. */
  abstract apply(removed: readonly Mxid[], put: readonly SearchablePerson[]): void;

  /** People who have, for each term, a word that begins with one of the term's spellings. No results without terms. */
  abstract find(terms: readonly Spellings[], most: number): NameFindings;

  /** A person by user ID. */
  abstract get(mxid: Mxid): PersonHit | undefined;

  /** How a person matches: the best match for each term. Empty if there is no such person. */
  abstract matchesOf(mxid: Mxid, terms: readonly Spellings[]): readonly WordMatch[];

  /**
   * The number of people, the size in bytes including their names, and how many were applied since the last load.
   * Searches get slower with thousands of applied changes.
   */
  abstract size(): { readonly people: number; readonly bytes: number; readonly applied: number };

  /** Stops its workers. No method may be called afterwards. */
  abstract close(): Promise<void>;
}
