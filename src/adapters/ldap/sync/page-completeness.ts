import type { Connection, Limits } from '../connection/connection.js';
import type { ServerFailover } from '../connection/server-failover.js';
import { audiencesOf, type Rules } from '../mapping/mapping-rules.js';
import { allOf, anyOf } from '../protocol/filter-builder.js';
import { idFilters, mayBeAsked } from './id-filters.js';

const OPEN_MS = 20_000;
/** Nobody waits long for what is only compared. */
const LIMITS: Limits = { totalMs: 20_000, stallMs: 10_000 };
/** Entries that are looked for on the pages. */
const MOST = 5_000;
/** Those of them that are asked for once more. */
const MOST_ASKED = 100;

/**
 * Whether the pages of a listing lack entries that the server gives when it is asked without pages: it may
 * read a database that is glued to another, or a partition, in one way and not in the other.
 */
export class PageCompleteness {
  private constructor(
    private readonly rules: Rules,
    private readonly base: string,
    /** Ids by distinguished name. */
    private readonly expected: Map<string, string>,
  ) {}

  /** Before the listing, over a connection of its own: the server may have limits for such a question. */
  static async begin(servers: ServerFailover, base: string, rules: Rules): Promise<PageCompleteness> {
    const expected = new Map<string, string>();
    const connection = await servers.open(OPEN_MS, true).catch(() => undefined);
    try {
      for (const { filter } of audiencesOf(rules)) {
        const { id: attributes, followsAliases } = rules;
        const question = { base, filter, attributes, id: attributes, followsAliases, most: MOST };
        const { entries = [] } = (await connection?.search(question, LIMITS)) ?? {};
        for (const { dn, id } of entries) if (mayBeAsked(id)) expected.set(dn, id);
      }
    } catch {
      // What cannot be asked cannot be compared; whether the listing works is seen without it.
    } finally {
      connection?.close();
    }
    return new PageCompleteness(rules, base, expected);
  }

  listed(dn: string): void {
    this.expected.delete(dn);
  }

  /** Says whether entries were there before the listing and are there after it, and on none of its pages. */
  async problem(connection: Connection, limits: Limits): Promise<string | undefined> {
    const [example, ...others] = await this.missing(connection, limits);
    if (example === undefined) return undefined;
    const number = others.length === 0 ? 'an entry' : `at least ${others.length + 1} entries`;
    return `the pages of the server lack ${number} that it gives otherwise: ${example}`;
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
