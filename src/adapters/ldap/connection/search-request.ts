import type { Filter } from 'ldapjs';
import type { KnownEntries, RawEntry } from '../protocol/raw-entry.js';

export interface SearchRequest {
  /** A distinguished name, or empty for the root. */
  readonly base: string;
  readonly scope?: 'base' | 'sub';
  readonly filter: Filter;
  readonly attributes: readonly string[];

  /** Names of the attributes that contain persistent ids, in lower case. */
  readonly id: readonly string[];

  /** Entries that an earlier search returned: those that have not changed are returned as they are. */
  readonly known?: KnownEntries;

  /**
   * Entries per page. Absent: everything is requested at once. A paged search must be read to its end: OpenLDAP stores
   * on the connection which of several databases it is reading, and would start the next search there.
   */
  readonly pageSize?: number;

  /** The cookie of the previous page. */
  readonly cookie?: Buffer;

  /** Whether aliases are dereferenced. */
  readonly followsAliases?: boolean;

  /**
   * The search is complete after this number of entries, or at the size limit of the server. For searches without
   * pages.
   */
  readonly most?: number;
}

export interface Page {
  readonly entries: readonly RawEntry[];

  /** Cookie for the next page; `undefined` after the last one. */
  readonly cookie: Buffer | undefined;

  /** Whether the server returned a referral to another server. */
  readonly refers: boolean;
}
