import type { Filter } from 'ldapjs';
import type { Ambiguous, Finding } from '../../../domain/associations/association.js';
import { isDifferentPeople } from '../../../domain/directory/person-matching.js';
import type { Mxid } from '../../../domain/identifiers/mxid.js';
import { spellingsOf } from '../../../domain/identifiers/spellings.js';
import type { Medium, Threepid } from '../../../domain/identifiers/threepid.js';
import { groupBy } from '../../../domain/shared/group-by.js';
import { mapLimited, runQueue } from '../../shared/concurrency.js';
import type { Deadline } from '../../shared/deadline.js';
import { pagesOf } from '../connection/paged-search.js';
import type { Pool } from '../connection/pool.js';
import { read } from '../mapping/map-entry.js';
import { audiencesOf, type Rules } from '../mapping/mapping-rules.js';
import { allOf } from '../protocol/filter-builder.js';
import { encodedAny, type EncodedText, filterOf } from '../protocol/filter-encoding.js';
import type { RawEntry } from '../protocol/raw-entry.js';
import { type Candidate, candidateOf, distinct } from './candidate.js';
import { namesakeFilters, threepidFilters } from './lookup-filters.js';
import { ThreepidOwners } from './threepid-owners.js';

/** Email addresses and names per search: the directory has an index for them. */
const EQUALS_AT_ONCE = 200;
/** Phone numbers per search: the directory compares every entry with each of them. */
const NUMBERS_AT_ONCE = 20;
/** Concurrent searches per request, so that a long request leaves connections for others. */
const SEARCHES_AT_ONCE = 2;
const PAGE_SIZE = 1_000;

interface Search {
  readonly base: string;
  readonly filter: Filter;
  readonly isUnlisted?: true;
}

/** Entries that were read already, by label: they are read again only if they have changed. */
type Known = Map<string, Candidate>;

/** Queries the directory directly, with few searches for many threepids. */
export class Lookup {
  constructor(
    private readonly rules: Rules,
    private readonly bases: readonly string[],
    private readonly pool: Pool,
  ) {}

  async find(threepids: readonly Threepid[], deadline: Deadline): Promise<readonly Finding[]> {
    return this.ownersOf(threepids, this.searchesFor(threepids), [], deadline);
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
    const searches = this.searchesFor(threepids, isAnybody);
    const found = await mapLimited(searches, SEARCHES_AT_ONCE, (search) => this.search(search, deadline));
    return distinct(found.flat());
  }

  /** Those of the threepids that belong to entries without a usable user name, together with these entries. */
  async findWithheld(threepids: readonly Threepid[], deadline: Deadline): Promise<readonly Ambiguous[]> {
    const candidates = await this.findCandidates(threepids, deadline);
    return threepids.flatMap((threepid): readonly Ambiguous[] => {
      const spelled = new Set(spellingsOf(threepid));
      const isAsked = (owned: Threepid) => spellingsOf(owned).some((text) => spelled.has(text));
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
    return this.ownersOf(threepids, [], candidates, deadline);
  }

  /**
   * Searches for the names of the people who have the threepids as well: nobody is returned whose user ID another
   * person would get, too. Names are searched while other threepids still are.
   *
   * @param candidates entries that were found already
   */
  private async ownersOf(
    threepids: readonly Threepid[],
    searches: readonly Search[],
    candidates: readonly Candidate[],
    deadline: Deadline,
  ): Promise<readonly Finding[]> {
    const owners = new ThreepidOwners(threepids);
    const medium = onlyMediumOf(threepids);
    const known: Known = new Map();
    const names: (readonly EncodedText[])[] = [];
    const checkNames = (entries: readonly Candidate[]) => {
      for (const entry of entries) {
        if (known.get(entry.label) === entry) continue;
        known.set(entry.label, entry);
        if (this.rules.homeserver === undefined || !owners.isOwner(entry)) continue;
        const filters = namesakeFilters(entry.names, this.rules);
        if (filters.length > 0) names.push(filters);
      }
    };

    const found: (readonly Candidate[])[] = [];
    const sameUserId: (readonly Candidate[])[] = [];
    const first = searches.map((search, at) => async () => {
      const entries = await this.search(search, deadline, known, medium);
      found[at] = entries;
      checkNames(entries);
    });
    const second: (() => Promise<void>)[] = [];
    const next = () => {
      if (first.length > 0) return first.shift();
      for (const search of second.length > 0 ? [] : this.searchesOf(names.splice(0, EQUALS_AT_ONCE), EQUALS_AT_ONCE))
        second.push(async () => void sameUserId.push(await this.search(search, deadline, known, medium)));
      return second.shift();
    };
    checkNames(candidates);
    await runQueue(SEARCHES_AT_ONCE, next, (search) => search());

    const entries = distinct([...candidates, ...found.flat()]).filter((entry) => owners.isOwner(entry));
    return owners.findings(entries, this.userIdCollisions(distinct([...entries, ...sameUserId.flat()])));
  }

  /** The user IDs that several people would be given, with all entries concerned. */
  private userIdCollisions(entries: readonly Candidate[]): ReadonlyMap<Mxid, readonly Candidate[]> {
    if (this.rules.homeserver === undefined) return new Map();
    const byName = groupBy(entries, ({ person }) => person?.mxid);
    for (const [mxid, sameName] of byName) {
      // The addresses of all media decide whether they are the same person.
      const complete = sameName.length > 1 ? sameName.map(({ raw }) => ({ id: raw.id, ...read(raw, this.rules) })) : [];
      if (!isDifferentPeople(complete)) byName.delete(mxid);
    }
    return byName;
  }

  private searchesFor(threepids: readonly Threepid[], isAnybody = false): readonly Search[] {
    const filters = (wanted: Medium) =>
      threepids.flatMap((threepid) => (threepid.medium === wanted ? [threepidFilters(threepid, this.rules)] : []));
    return [
      ...this.searchesOf(filters('email'), EQUALS_AT_ONCE, isAnybody),
      ...this.searchesOf(filters('msisdn'), NUMBERS_AT_ONCE, isAnybody),
    ];
  }

  /** @param filters of which each list belongs to one threepid or name */
  private searchesOf(
    filters: readonly (readonly EncodedText[])[],
    atOnce: number,
    isAnybody = false,
  ): readonly Search[] {
    const searches: Search[] = [];
    const audiences = audiencesOf(this.rules);
    for (let at = 0; at < filters.length; at += atOnce) {
      const alternatives = filters.slice(at, at + atOnce).flat();
      if (alternatives.length === 0) continue;
      const anyOfThem = filterOf(encodedAny(alternatives));
      for (const base of this.bases) {
        if (isAnybody) searches.push({ base, filter: anyOfThem });
        else
          searches.push(
            ...audiences.map(({ filter, ...rest }) => ({ ...rest, base, filter: allOf(filter, anyOfThem) })),
          );
      }
    }
    return searches;
  }

  /** @param medium the only medium of which addresses are read; all if it is absent */
  private async search(
    { base, filter, isUnlisted: isOfUnlisted }: Search,
    deadline: Deadline,
    known: Known = new Map(),
    medium?: Medium,
  ): Promise<readonly Candidate[]> {
    const { rules } = this;
    const isUnlisted = isOfUnlisted ?? false;
    const { requested: attributes, id, followsAliases } = rules;
    const question = { base, filter, attributes, id, followsAliases, known, pageSize: PAGE_SIZE };
    const limits = () => ({ totalMs: deadline.left, stallMs: deadline.left, ofMs: deadline.limitMs });
    const found = await this.pool.use(deadline, async (connection) => {
      const pages: (readonly RawEntry[])[] = [];
      for await (const { entries } of pagesOf(connection, question, limits)) pages.push(entries);
      return pages;
    });
    return found.flat().map((raw) => {
      const earlier = known.get(raw.dn);
      return earlier?.raw === raw && earlier.isUnlisted === isUnlisted
        ? earlier
        : candidateOf(raw, isUnlisted, rules, medium);
    });
  }
}

function onlyMediumOf(threepids: readonly Threepid[]): Medium | undefined {
  const [first, ...others] = new Set(threepids.map(({ medium }) => medium));
  return others.length === 0 ? first : undefined;
}
