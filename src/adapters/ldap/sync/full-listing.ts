import ldap from 'ldapjs';
import type { Clock } from '../../../ports/clock.js';
import { baseText } from '../protocol/search-base.js';
import { cursorOfAll, type SyncCursor, syncCursorOf } from './sync-cursor.js';
import type { Connection, Limits } from '../connection/connection.js';
import type { RawEntry } from '../protocol/raw-entry.js';
import { audiencesOf, type Rules } from '../mapping/mapping-rules.js';
import { equals } from '../protocol/filter-builder.js';
import { PageCompleteness } from './page-completeness.js';
import { withRemedy } from '../connection/limit-remedies.js';
import { pagesOf } from '../connection/paged-search.js';
import type { ServerFailover } from '../connection/server-failover.js';

/** Nothing waits for a listing, so a busy server gets more time. */
const OPEN_MS = 20_000;
const PAGE_MS = 5 * 60_000;

export interface ListingScope {
  readonly bases: readonly string[];
  readonly pageSize: number;
  readonly stallMs: number;
}

/** Warnings and results of a completed listing. */
export interface ListingEvents {
  /** The base has entries, but none matches the filter. */
  filterMatchesNothing(base: string): void;
  /** No entry below the base matches the filter. There are aliases, but they are not followed. */
  hasOnlyAliases(base: string): void;
  /** No entries are visible below the base. */
  showsNothing(base: string): void;
  /** A part of the base is on another server, which is not queried. */
  refersElsewhere(base: string): void;
  /**
   * Below a base, the pages lacked entries that a search without pages returns. The base and a description, as JSON.
   */
  pagesLackEntries(gap: string): void;
  /** The `SyncCursor` from before the listing, as JSON. */
  onCursor(syncCursor: string): void;
}

/** A page of unparsed entries. */
export interface RawPage {
  readonly base: string;
  readonly entries: readonly RawEntry[];
  /** Whether its entries are unlisted. */
  readonly isUnlisted?: true;
}

export interface FullListingDeps {
  readonly rules: Rules;
  readonly servers: ServerFailover;
  readonly listingScope: ListingScope;
  readonly warnings: ListingEvents;
  readonly clock: Clock;
}

/** Reads the whole directory. Each base has its own connection. */
export class FullListing {
  constructor(private readonly deps: FullListingDeps) {}

  private get limits(): Limits {
    return { totalMs: PAGE_MS, stallMs: this.deps.listingScope.stallMs };
  }

  /** An entry below two bases is listed only in the first. */
  async *pages(): AsyncGenerator<RawPage> {
    const { listingScope, rules } = this.deps;
    const { bases } = listingScope;
    // Not compared by id: two entries with the same id must both reach the diff.
    const seen = new Set<string>();
    const isNew = ({ dn }: RawEntry): boolean => seen.size < seen.add(dn).size;
    const bookmarks: (SyncCursor | undefined)[] = [];
    for (const base of bases) {
      const { connection, syncCursor } = await this.begin(base);
      bookmarks.push(syncCursor);
      const isOnce = bases.length === 1 && !rules.unlisted && !rules.followsAliases;
      for await (const { entries, ...page } of this.base(connection, base)) {
        yield { ...page, base: baseText(base), entries: isOnce ? entries : entries.filter(isNew) };
      }
    }
    const syncCursor = cursorOfAll(bookmarks);
    if (syncCursor) this.deps.warnings.onCursor(JSON.stringify(syncCursor));
  }

  /**
   * A server that accepts connections but does not respond is skipped. A server that refuses to return a sync cursor is
   * not asked for one again; it can still be listed.
   */
  private async begin(base: string): Promise<{ readonly connection: Connection; readonly syncCursor?: SyncCursor }> {
    const { rules, servers, clock } = this.deps;
    const tried: string[] = [];
    for (;;) {
      const connection = await servers.open(OPEN_MS, true, tried);
      try {
        const syncCursor = await syncCursorOf(connection, base, rules, this.limits, clock.now());
        servers.answered(connection);
        return { connection, ...(syncCursor && { syncCursor }) };
      } catch (error) {
        connection.close();
        if (!connection.hasFailed) return { connection: await servers.open(OPEN_MS, true, tried) };
        if (!servers.areSeveral) throw error;
        servers.markUnresponsive(connection, error);
        tried.push(connection.url);
      }
    }
  }

  private async *base(connection: Connection, base: string): AsyncGenerator<Omit<RawPage, 'base'>> {
    const { limits } = this;
    const { rules, listingScope, warnings } = this.deps;
    const { requested: attributes, id, followsAliases } = rules;
    const question = { base, attributes, id, followsAliases, pageSize: listingScope.pageSize };
    let count = 0;
    try {
      const completeness = await PageCompleteness.begin(this.deps.servers, base, rules, limits.stallMs);
      let hasReferred = false;
      for (const { filter, ...audience } of audiencesOf(rules)) {
        for await (const { entries, refers } of pagesOf(connection, { ...question, filter }, () => limits)) {
          for (const { dn } of entries) completeness.listed(dn);
          yield { ...audience, entries };
          count += entries.length;
          hasReferred ||= refers;
        }
      }
      if (hasReferred) warnings.refersElsewhere(base);
      const words = await completeness.problem(connection, limits);
      if (words !== undefined) warnings.pagesLackEntries(JSON.stringify([base, words]));
      if (count > 0) return;
      const why = await emptinessOf(connection, base, limits);
      if (!followsAliases && (await hasAliases(connection, base, limits))) warnings.hasOnlyAliases(base);
      else if (why === MATCHES_NOTHING) warnings.filterMatchesNothing(base);
      else warnings.showsNothing(base);
    } catch (error) {
      throw withRemedy(error, count);
    } finally {
      connection.close();
    }
  }
}

export const MATCHES_NOTHING = 'the filter matches none of the entries below the base';
export const HAS_ONLY_ALIASES =
  'the filter matches nothing, but there are aliases below the base: set `aliases: follow` to use the entries that they point to';
export const SHOWS_NOTHING = 'there are no entries below the base, or the bind account may not read them';

async function hasAliases(connection: Connection, base: string, limits: Limits): Promise<boolean> {
  const question = { base, filter: equals('objectClass', 'alias'), attributes: ['1.1'], id: [], most: 1 };
  return (await connection.search(question, limits)).entries.length > 0;
}

/** Why a search below the base returned nothing. */
export async function emptinessOf(connection: Connection, base: string, limits: Limits): Promise<string> {
  const filter = new ldap.PresenceFilter({ attribute: 'objectClass' });
  // The base itself may be one of them.
  const { entries } = await connection.search({ base, filter, attributes: ['1.1'], id: [], most: 2 }, limits);
  return entries.length > 1 ? MATCHES_NOTHING : SHOWS_NOTHING;
}
