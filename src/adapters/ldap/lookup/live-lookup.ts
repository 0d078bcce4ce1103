import type { Filter } from 'ldapjs';
import type { Ambiguous, Finding } from '../../../domain/associations/association.js';
import { groupBy } from '../../../domain/shared/group-by.js';
import type { Mxid } from '../../../domain/identifiers/mxid.js';
import { isDifferentPeople } from '../../../domain/directory/person-matching.js';
import { keyOf, type Threepid } from '../../../domain/identifiers/threepid.js';
import { spellingsOf } from '../../../domain/identifiers/spellings.js';
import type { Deadline } from '../../shared/deadline.js';
import { type Reading, readWithNames } from '../mapping/map-entry.js';
import { allOf, anyOf } from '../protocol/filter-builder.js';
import { mapLimited } from '../../shared/concurrency.js';
import { namesakeFilter, threepidFilter } from './lookup-filters.js';
import type { Pool } from '../connection/pool.js';
import type { RawEntry } from '../protocol/raw-entry.js';
import { audiencesOf, type Rules } from '../mapping/mapping-rules.js';
import type { RawPage } from '../sync/full-listing.js';
import { pagesOf } from '../connection/paged-search.js';

/** Email addresses and names per search: the directory has an index for them. */
const EQUALS_AT_ONCE = 200;
/** Phone numbers per search: the directory compares every entry with each of them. */
const NUMBERS_AT_ONCE = 20;
/** Concurrent searches per request, so that a long request leaves connections for others. */
const SEARCHES_AT_ONCE = 2;
const PAGE_SIZE = 1_000;

/** A returned entry. It may not have the requested threepid. */
export interface Candidate extends Reading {
  readonly id: string;
  readonly label: string;
  readonly raw: RawEntry;
  /** The values that make up its user name. */
  readonly names: readonly (string | undefined)[];
  readonly isUnlisted: boolean;
}

/** Queries the directory directly, with few searches for many threepids. */
export class Lookup {
  constructor(
    private readonly rules: Rules,
    private readonly bases: readonly string[],
    private readonly pool: Pool,
  ) {}

  async find(threepids: readonly Threepid[], deadline: Deadline): Promise<readonly Finding[]> {
    return this.resolve(threepids, await this.findCandidates(threepids, deadline), deadline);
  }

  /**
   * The entries that may have one of the threepids.
   *
   * @param isAnybody includes entries that do not match the configured filter
   */
  async findCandidates(
    threepids: readonly Threepid[],
    deadline: Deadline,
    isAnybody = false,
  ): Promise<readonly Candidate[]> {
    const filters = (medium: Threepid['medium']) =>
      threepids.flatMap((one) => (one.medium === medium && threepidFilter(one, this.rules)) || []);
    const search = (some: readonly Filter[], atOnce: number) => this.search(some, atOnce, deadline, isAnybody);
    const [byEmail, byNumber] = await Promise.all([
      search(filters('email'), EQUALS_AT_ONCE),
      search(filters('msisdn'), NUMBERS_AT_ONCE),
    ]);
    return distinct([...byEmail, ...byNumber]);
  }

  /** Those of the threepids that belong to entries without a usable user name, together with these entries. */
  async findWithheld(threepids: readonly Threepid[], deadline: Deadline): Promise<readonly Ambiguous[]> {
    const candidates = await this.findCandidates(threepids, deadline);
    return threepids.flatMap((threepid): readonly Ambiguous[] => {
      const spelled = new Set(spellingsOf(threepid));
      const isAsked = (one: Threepid) => spellingsOf(one).some((text) => spelled.has(text));
      const owners = candidates.filter(({ withheld = [] }) => withheld.some(isAsked));
      return owners.length > 0 ? [{ threepid, claimants: owners.map(({ label }) => label) }] : [];
    });
  }

  /** The users of the threepids, determined from the entries that may have them. */
  async resolve(
    threepids: readonly Threepid[],
    candidates: readonly Candidate[],
    deadline: Deadline,
  ): Promise<readonly Finding[]> {
    const owners = new Map<string, Candidate[]>(threepids.map((threepid) => [keyOf(threepid), []]));
    const wanted = groupBy(
      threepids.flatMap((threepid) => spellingsOf(threepid).map((text) => ({ text, threepid }))),
      ({ text }) => text,
    );
    for (const one of candidates) {
      // A domain and its ASCII form (as in the DNS) are the same for lookups.
      const spelled = (one.person?.threepids ?? []).flatMap((owned) =>
        spellingsOf(owned).flatMap((text) => wanted.get(text) ?? []),
      );
      for (const key of new Set(spelled.map(({ threepid }) => keyOf(threepid)))) owners.get(key)?.push(one);
    }
    const shared = await this.userIdCollisions(distinct([...owners.values()].flat()), deadline);

    return threepids.flatMap((threepid): Finding | [] => {
      const claimants = owners.get(keyOf(threepid)) ?? [];
      const [mxid, ...others] = new Set(claimants.flatMap(({ person }) => person?.mxid ?? []));
      if (mxid === undefined) return [];
      const sameUserId = shared.get(mxid) ?? [];
      const isClear = others.length === 0 && sameUserId.length === 0;
      const unlisted = claimants.filter(({ person }) => person?.isUnlisted);
      if (isClear && unlisted.length > 0)
        return { threepid, claimants: unlisted.map(({ label }) => `${label} (unlisted)`), owner: mxid };
      if (isClear) return { threepid, mxid };
      return { threepid, claimants: distinct([...claimants, ...sameUserId]).map(({ label }) => label) };
    });
  }

  /** The user IDs of these entries that would also be given to another person, with all entries concerned. */
  private async userIdCollisions(
    entries: readonly Candidate[],
    deadline: Deadline,
  ): Promise<ReadonlyMap<Mxid, readonly Candidate[]>> {
    if (this.rules.homeserver === undefined) return new Map();
    const filters = entries.flatMap(({ names }) => namesakeFilter(names, this.rules) ?? []);
    const sameUserId = await this.search(filters, EQUALS_AT_ONCE, deadline, false, entries);
    const byName = groupBy(distinct([...entries, ...sameUserId]), ({ person }) => person?.mxid);
    for (const [mxid, some] of byName) if (!isDifferentPeople(some)) byName.delete(mxid);
    return byName;
  }

  /** @param known entries that were read already, and are read again only if they have changed */
  private async search(
    filters: readonly Filter[],
    atOnce: number,
    deadline: Deadline,
    isAnybody = false,
    known: readonly Candidate[] = [],
  ) {
    const { rules, bases, pool } = this;
    const searches: { readonly base: string; readonly filter: Filter; readonly isUnlisted?: true }[] = [];
    const audiences = audiencesOf(rules);
    for (let at = 0; at < filters.length; at += atOnce) {
      const some = anyOf(filters.slice(at, at + atOnce));
      for (const base of bases) {
        if (isAnybody) searches.push({ base, filter: some });
        else searches.push(...audiences.map(({ filter, ...rest }) => ({ ...rest, base, filter: allOf(filter, some) })));
      }
    }
    const found = await mapLimited(searches, SEARCHES_AT_ONCE, ({ isUnlisted, ...search }) =>
      pool.use(deadline, async (connection) => {
        const { requested: attributes, id, followsAliases } = rules;
        const question = { ...search, attributes, id, followsAliases, pageSize: PAGE_SIZE };
        const entries: RawPage[] = [];
        const limits = () => ({ totalMs: deadline.left, stallMs: deadline.left, ofMs: deadline.limitMs });
        for await (const page of pagesOf(connection, question, limits))
          entries.push({ base: search.base, entries: page.entries, ...(isUnlisted && { isUnlisted }) });
        return entries;
      }),
    );
    const knownAs = new Map(known.map((one) => [one.label, one]));
    return found.flat().flatMap(({ entries, isUnlisted = false }) =>
      entries.map((raw): Candidate => {
        const same = knownAs.get(raw.dn);
        if (same?.raw.digest === raw.digest && same.isUnlisted === isUnlisted) return same;
        const { person, ...rest } = readWithNames(raw, rules);
        const marked = person && isUnlisted ? { ...person, isUnlisted } : person;
        return { id: raw.id, label: raw.dn, raw, isUnlisted, ...rest, person: marked };
      }),
    );
  }
}

/** Removes duplicate entries: bases may overlap. Ids are not used, because they may be a badly chosen attribute. */
const distinct = (entries: readonly Candidate[]): readonly Candidate[] => [
  ...new Map(entries.map((one) => [one.label.toLowerCase(), one])).values(),
];
