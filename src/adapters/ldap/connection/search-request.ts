import type { Filter } from 'ldapjs';
import type { RawEntry } from '../protocol/raw-entry.js';

export interface SearchRequest {
  /** A distinguished name, or nothing for the root. */
  readonly base: string;
  readonly scope?: 'base' | 'sub';
  readonly filter: Filter;
  readonly attributes: readonly string[];

  /** Attributes of lasting ids, in lower case. */
  readonly id: readonly string[];

  /**
   * Entries a page. Absent: everything is asked for at once. A question in pages is to be asked to its end: OpenLDAP keeps with
   * the connection in which of several databases it stands, and begins the next question there.
   */
  readonly pageSize?: number;

  /** What the page before gave. */
  readonly cookie?: Buffer;

  /** Whether aliases stand for the entries that they name. */
  readonly followsAliases?: boolean;

  /** With so many entries, or as many as the server gives, the question is answered: for what is not asked in pages. */
  readonly most?: number;
}

export interface Page {
  readonly entries: readonly RawEntry[];

  /** For the next page; `undefined` after the last one. */
  readonly cookie: Buffer | undefined;

  /** Whether the server said that more may be elsewhere. */
  readonly refers: boolean;
}
