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
  readonly pageSize: number;

  /** What the page before gave. */
  readonly cookie?: Buffer;
}

export interface Page {
  readonly entries: readonly RawEntry[];

  /** For the next page; `undefined` after the last one. */
  readonly cookie: Buffer | undefined;

  /** Whether the server said that more may be elsewhere. */
  readonly refers: boolean;
}
