import type { Connection, Limits } from '../connection/connection.js';
import type { ServerFailover } from '../connection/server-failover.js';
import { audiencesOf, type Rules } from '../mapping/mapping-rules.js';
import { allOf, anyOf } from '../protocol/filter-builder.js';
import { idFilters, mayBeAsked } from './id-filters.js';

const OPEN_MS = 20_000;
/** Short limits: the result is only used for a comparison. */
const SEARCH_MS = 20_000;
const STALL_MS = 10_000;
/** Maximum number of entries to look for on the pages. */
const MOST = 5_000;
/** Maximum number of missing entries that are queried again. */
const MOST_ASKED = 100;

/**
 * Checks whether the pages of a listing lack entries that a search without pages returns. A server may include a glued
 * database, or a partition, in one kind of search and not in the other.
 */
export class PageCompleteness {
  private constructor(
    private readonly rules: Rules,
    private readonly base: string,
    /** Ids by distinguished name. */
    private readonly expected: Map<string, string>,
  ) {}

  /**
   * Before the listing, on a separate connection: the server may have limits for such a search.
   *
   * @param stallMs how long the listing waits for the next entry; this search waits no longer
   */
  static async begin(servers: ServerFailover, base: string, rules: Rules, stallMs: number): Promise<PageCompleteness> {
    const limits: Limits = { totalMs: SEARCH_MS, stallMs: Math.min(STALL_MS, stallMs) };
    const expected = new Map<string, string>();
    const connection = await servers.open(OPEN_MS, true).catch(() => undefined);
    try {
      for (const { filter } of audiencesOf(rules)) {
        const { id: attributes, followsAliases } = rules;
        const question = { base, filter, attributes, id: attributes, followsAliases, most: MOST };
        const { entries = [] } = (await connection?.search(question, limits)) ?? {};
        for (const { dn, id } of entries) if (mayBeAsked(id)) expected.set(dn, id);
      }
    } catch {
      // If the search fails there is nothing to compare. The listing itself shows whether the server works.
    } finally {
      connection?.close();
    }
    return new PageCompleteness(rules, base, expected);
  }

  listed(dn: string): void {
    this.expected.delete(dn);
  }

  /** Describes the problem if entries existed before and after the listing but were on none of its pages. */
  async problem(connection: Connection, limits: Limits): Promise<string | undefined> {
    const [example, ...others] = await this.missing(connection, limits);
    if (example === undefined) return undefined;
    const number = others.length === 0 ? 'an entry' : `at least ${others.length + 1} entries`;
    return `the paged search omits ${number} that a search without pages returns: ${example}`;
  }

  private async missing(connection: Connection, limits: Limits): Promise<readonly string[]> {
    const ids = [...this.expected.values()].slice(0, MOST_ASKED);
    if (ids.length === 0) return [];
    const { id: attributes, followsAliases, filter } = this.rules;
    const asked = anyOf(ids.flatMap((id) => idFilters(id, this.rules)));
    const question = { base: this.base, attributes, id: attributes, followsAliases, filter: allOf(filter, asked) };
    const { entries } = await connection.search({ ...question, most: MOST_ASKED }, limits);
    return entries.flatMap(({ dn }) => (this.expected.has(dn) ? dn : []));
  }
}
