import type { Filter } from 'ldapjs';
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../../ports/clock.js';
import type { MirroredDigests } from '../../../ports/directory.js';
import { baseText } from '../protocol/search-base.js';
import { continuation, type SyncCursor, syncCursorOf, changedSince, idOf } from './sync-cursor.js';
import { idFilters, mayBeAsked } from './id-filters.js';
import type { Connection, Limits } from '../connection/connection.js';
import type { ListingScope, RawPage } from './full-listing.js';
import { passedSince } from '../protocol/time-filter.js';
import { allOf, anyOf, equals } from '../protocol/filter-builder.js';
import type { RawEntry } from '../protocol/raw-entry.js';
import { audiencesOf, type Rules } from '../mapping/mapping-rules.js';
import { isUnlistedDigest } from './lazy-entry.js';
import { pagesOf } from '../connection/paged-search.js';
import type { ServerFailover } from '../connection/server-failover.js';

const OPEN_MS = 20_000;
const SEARCH_MS = 60_000;
/** Above this number of changed entries, a full listing is not much more work than querying them one by one. */
const MOST_CHANGED = 2_000;
const IDS_AT_ONCE = 100;

export interface Changed {
  /** Changed entries that are people of this directory now. */
  readonly present: readonly RawPage[];
  /** Ids of changed entries that are not people of this directory now. */
  readonly gone: readonly string[];
  readonly syncCursor: SyncCursor;
}

/** Entry id → the attribute value it is made of. */
type Ids = Map<string, NonNullable<ReturnType<typeof idOf>>>;

type ExtraIds = (changed: readonly RawPage[]) => Promise<readonly string[]>;

/** Queries one server of the directory for the changes since a sync cursor. */
export class Changes {
  constructor(
    private readonly rules: Rules,
    private readonly servers: ServerFailover,
    private readonly listingScope: ListingScope,
    private readonly clock: Clock,
  ) {}

  /**
   * The changes; `undefined` if this server, or any server, cannot be queried for them, or if there are too many.
   *
   * @param extraIds receives the changed entries and returns further ids to check
   */
  async since(
    before: SyncCursor,
    extraIds: ExtraIds,
    mirrored: MirroredDigests | undefined,
    signal: AbortSignal,
  ): Promise<Changed | undefined> {
    const { rules, servers, listingScope } = this;
    const limits: Limits = { totalMs: SEARCH_MS, stallMs: listingScope.stallMs };
    const connection = await servers.open(OPEN_MS, true);
    const end = () => connection.close();
    signal.addEventListener('abort', end);
    try {
      signal.throwIfAborted();
      const { bases } = listingScope;
      const syncCursor = await syncCursorOf(connection, bases[0] ?? '', rules, limits, this.clock.now(), bases);
      const since = syncCursor && continuation(before, syncCursor);
      if (!syncCursor || !since) return undefined;
      // The missing changes were read from another server and must not be undone.
      if (since === 'behind') return { present: [], gone: [], syncCursor: before };
      const expired = this.expired(before.askedAt);
      const ids = expired && (await this.changed(connection, anyOf([changedSince(since), ...expired]), limits));
      if (!ids) return undefined;
      const left = rules.isComputed && mirrored ? await this.compare(connection, await mirrored(), ids, limits) : [];
      if (!left || ids.size > MOST_CHANGED) return undefined;

      // The server evaluates whether they match: filters can be arbitrary.
      const changed = await this.members(connection, filtersOf([...ids.values()]), limits);
      const extra = (await extraIds(changed)).filter((id) => !ids.has(id) && mayBeAsked(id));
      // An entry that no longer matches may have a name that another entry has now. It is reported as gone only once.
      const rechecked = [...new Set([...left, ...extra])];
      const asked = rechecked.map((id) => anyOf(idFilters(id, rules)));
      const present = [...changed, ...(await this.members(connection, asked, limits))];
      const seenIds = new Set(present.flatMap(({ entries }) => entries.map(({ id }) => id)));
      servers.answered(connection);
      return { present, gone: [...ids.keys(), ...rechecked].filter((id) => !seenIds.has(id)), syncCursor };
    } finally {
      signal.removeEventListener('abort', end);
      connection.close();
    }
  }

  /**
   * Matches entries for which a time in the filter has passed since the last query; `undefined` if the time of that
   * query is unknown.
   */
  private expired(since: number | undefined): readonly Filter[] | undefined {
    const { timed } = this.rules;
    if (timed.length === 0) return [];
    const now = this.clock.now();
    return since === undefined ? undefined : timed.map((attribute) => passedSince(attribute, since, now));
  }

  private async changed(connection: Connection, filter: Filter, limits: Limits) {
    const { rules, listingScope } = this;
    const ids: Ids = new Map();
    for (const base of listingScope.bases) {
      const question = {
        base,
        filter,
        attributes: rules.id,
        id: rules.id,
        followsAliases: rules.followsAliases,
        pageSize: listingScope.pageSize,
      };
      for await (const { entries } of pagesOf(connection, question, () => limits)) {
        for (const entry of entries) {
          const id = idOf(entry, rules);
          if (!id) return undefined;
          ids.set(entry.id, id);
        }
        if (ids.size > MOST_CHANGED) return undefined;
      }
    }
    return ids;
  }

  /**
   * Compares the entries that match the filter with the mirrored ones: adding a person to a group, or removing them,
   * does not change their own entry. Adds new entries to `ids`.
   *
   * @returns ids of mirrored entries that no longer match; `undefined` if an entry has no id
   */
  private async compare(
    connection: Connection,
    mirrored: ReadonlyMap<string, string>,
    ids: Ids,
    limits: Limits,
  ): Promise<readonly string[] | undefined> {
    const { rules, listingScope } = this;
    const members = new Set<string>();
    const { id: attributes, followsAliases } = rules;
    for (const [base, { filter, isUnlisted }] of this.questions()) {
      const question = { base, filter, attributes, id: attributes, followsAliases, pageSize: listingScope.pageSize };
      for await (const { entries } of pagesOf(connection, question, () => limits)) {
        for (const entry of entries) {
          members.add(entry.id);
          const digest = mirrored.get(entry.id);
          const isAsBefore = digest !== undefined && isUnlistedDigest(digest) === (isUnlisted ?? false);
          if (isAsBefore || ids.has(entry.id)) continue;
          const id = idOf(entry, rules);
          if (!id) return undefined;
          ids.set(entry.id, id);
        }
        await setImmediate();
      }
    }
    return [...mirrored.keys()].filter((id) => !members.has(id) && !ids.has(id) && mayBeAsked(id));
  }

  /** The searches for each base. */
  private *questions() {
    for (const base of this.listingScope.bases)
      for (const audience of audiencesOf(this.rules)) yield [base, audience] as const;
  }

  /** The entries that match one of the filters. An entry below two bases is returned only in the first. */
  private async members(
    connection: Connection,
    filters: readonly Filter[],
    limits: Limits,
  ): Promise<readonly RawPage[]> {
    const { rules, listingScope } = this;
    const seen = new Set<string>();
    const pages: RawPage[] = [];
    for (const [base, { filter: people, ...audience }] of this.questions()) {
      const members: RawEntry[] = [];
      for (let at = 0; at < filters.length; at += IDS_AT_ONCE) {
        const filter = allOf(people, anyOf(filters.slice(at, at + IDS_AT_ONCE)));
        const { requested: attributes, id, followsAliases } = rules;
        const question = { base, filter, attributes, id, followsAliases, pageSize: listingScope.pageSize };
        for await (const { entries } of pagesOf(connection, question, () => limits)) members.push(...entries);
      }
      pages.push({
        ...audience,
        base: baseText(base),
        entries: members.filter(({ dn }) => seen.size < seen.add(dn).size),
      });
    }
    return pages;
  }
}

const filtersOf = (ids: readonly { readonly name: string; readonly value: Buffer }[]): readonly Filter[] =>
  ids.map(({ name, value }) => equals(name, value));
