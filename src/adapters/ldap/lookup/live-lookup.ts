import type { Filter } from 'ldapjs';
import type { Finding } from '../../../domain/associations/association.js';
import { groupBy } from '../../../domain/shared/group-by.js';
import type { Mxid } from '../../../domain/identifiers/mxid.js';
import { isDifferentPeople } from '../../../domain/directory/person-matching.js';
import { keyOf, type Threepid } from '../../../domain/identifiers/threepid.js';
import type { Deadline } from '../../shared/deadline.js';
import { namesOf, type Reading, read } from '../mapping/map-entry.js';
import { allOf, anyOf } from '../protocol/filter-builder.js';
import { mapLimited } from '../../shared/concurrency.js';
import { namesakeFilter, threepidFilter } from './lookup-filters.js';
import type { Pool } from '../connection/pool.js';
import type { RawEntry } from '../protocol/raw-entry.js';
import type { Rules } from '../mapping/mapping-rules.js';
import { pagesOf } from '../connection/paged-search.js';

/** Email addresses and names one search asks for: the directory has an index for them. */
const EQUALS_AT_ONCE = 200;
/** Phone numbers one search asks for: the directory compares every entry with every one of them. */
const NUMBERS_AT_ONCE = 20;
/** Searches one request makes at a time, so that a long one leaves connections to others. */
const SEARCHES_AT_ONCE = 2;
const PAGE_SIZE = 1_000;

/** An entry that came back, whether or not it has what was asked for. */
export interface Candidate extends Reading {
  readonly id: string;
  readonly label: string;
  readonly raw: RawEntry;
}

/** Asks the directory itself, in few searches for many threepids. */
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
   * @param isAnybody also entries that the configured filter does not let through
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

  /** Whose the threepids are, from the entries that may have them. */
  async resolve(
    threepids: readonly Threepid[],
    candidates: readonly Candidate[],
    deadline: Deadline,
  ): Promise<readonly Finding[]> {
    const owners = new Map<string, Candidate[]>(threepids.map((threepid) => [keyOf(threepid), []]));
    for (const one of candidates) for (const owned of one.person?.threepids ?? []) owners.get(keyOf(owned))?.push(one);
    const shared = await this.userIdCollisions(distinct([...owners.values()].flat()), deadline);

    return threepids.flatMap((threepid): Finding | [] => {
      const claimants = owners.get(keyOf(threepid)) ?? [];
      const [mxid, ...others] = new Set(claimants.flatMap(({ person }) => person?.mxid ?? []));
      if (mxid === undefined) return [];
      const namesakes = shared.get(mxid) ?? [];
      if (others.length === 0 && namesakes.length === 0) return { threepid, mxid };
      return { threepid, claimants: distinct([...claimants, ...namesakes]).map(({ label }) => label) };
    });
  }

  /** The user IDs of these entries that another person would get, too, with the entries that would get them. */
  private async userIdCollisions(
    entries: readonly Candidate[],
    deadline: Deadline,
  ): Promise<ReadonlyMap<Mxid, readonly Candidate[]>> {
    if (this.rules.homeserver === undefined) return new Map();
    const filters = entries.flatMap(({ raw }) => namesakeFilter(namesOf(raw, this.rules), this.rules) ?? []);
    const namesakes = await this.search(filters, EQUALS_AT_ONCE, deadline);
    const byName = groupBy(distinct([...entries, ...namesakes]), ({ person }) => person?.mxid);
    for (const [mxid, some] of byName) if (!isDifferentPeople(some)) byName.delete(mxid);
    return byName;
  }

  private async search(filters: readonly Filter[], atOnce: number, deadline: Deadline, isAnybody = false) {
    const { rules, bases, pool } = this;
    const searches: { readonly base: string; readonly filter: Filter }[] = [];
    for (let at = 0; at < filters.length; at += atOnce) {
      const some = anyOf(filters.slice(at, at + atOnce));
      const filter = isAnybody ? some : allOf(rules.filter, some);
      searches.push(...bases.map((base) => ({ base, filter })));
    }
    const found = await mapLimited(searches, SEARCHES_AT_ONCE, (search) =>
      pool.use(deadline, async (connection) => {
        const question = { ...search, attributes: rules.requested, id: rules.id, pageSize: PAGE_SIZE };
        const entries: RawEntry[] = [];
        const limits = () => ({ totalMs: deadline.left, stallMs: deadline.left, ofMs: deadline.limitMs });
        for await (const page of pagesOf(connection, question, limits)) entries.push(...page.entries);
        return entries;
      }),
    );
    return found.flat().map((raw): Candidate => ({ id: raw.id, label: raw.dn, raw, ...read(raw, rules) }));
  }
}

/** Each entry once: bases may overlap. Ids are not trusted here: they may be a badly chosen attribute. */
const distinct = (entries: readonly Candidate[]): readonly Candidate[] => [
  ...new Map(entries.map((one) => [one.label.toLowerCase(), one])).values(),
];
