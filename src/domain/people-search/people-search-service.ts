import type { NameIndex } from '../../ports/name-index.js';
import type { Telemetry } from '../../ports/telemetry.js';
import type { AccountStatusCache } from '../account-checks/account-status-cache.js';
import type { IndexUpdater } from '../hash-index/index-updater.js';
import { homeserverOf, type Mxid, parseMxid } from '../identifiers/mxid.js';
import { readPhoneNumber } from '../identifiers/phone-number.js';
import { type Threepid, tryThreepid } from '../identifiers/threepid.js';
import type { Asker } from '../rate-limiting/asker.js';
import type { Quotas } from '../rate-limiting/quotas.js';
import { DomainError } from '../shared/errors.js';
import type { PersonHit, WordMatch } from './searchable-person.js';
import { lettersIn, queryTerms } from './search-words.js';

export interface PeopleSearchOptions {
  /** The sources whose people are found. */
  readonly sources: readonly string[];
  /** Those of them whose people need an account. */
  readonly checkedSources: ReadonlySet<string>;
  /** Homeservers whose users may search. */
  readonly showTo: readonly string[];
  readonly maxHits: number;
  readonly minLetters: number;
  readonly withoutAccount: 'hide' | 'last';
  /** The displayed name of people without an account, with `{name}`. */
  readonly withoutAccountName: string;
  /** The same for the people of some sources, by the name of the source. */
  readonly withoutAccountNames: Readonly<Record<string, string>>;
}

/** Why no people, or not all of them, are shown. */
export type SearchRefusal = 'foreign_homeserver' | 'too_short' | 'limit_exceeded';

/** A person in the search results. */
export interface FoundPerson extends PersonHit {
  /** Whether the person is known to have no account. */
  readonly hasNoAccount?: true;
}

/** A person in the search results, and the best match for each word of the query; none if they were named exactly. */
export interface ExplainedPerson extends FoundPerson {
  readonly matches: readonly WordMatch[];
}

export interface PeopleFound<P extends FoundPerson = FoundPerson> {
  readonly people: readonly P[];
  /** Whether there are more results. */
  readonly isLimited: boolean;
  readonly refusal?: SearchRefusal;
}

export interface PeopleSearchDependencies {
  readonly index: NameIndex;
  /** Finds the user of an address. */
  readonly addresses: Pick<IndexUpdater, 'ownerOf'>;
  readonly accountStatuses: Pick<AccountStatusCache, 'isAbsent' | 'requestCheck'>;
  readonly quotas: Quotas;
  readonly telemetry: Telemetry;
}

/** Finds people of directories by name. */
export class PeopleSearchService {
  constructor(
    private readonly deps: PeopleSearchDependencies,
    private readonly options: PeopleSearchOptions,
  ) {}

  /** The people shown to a user for a query, at most `limit`. Counts against the limit of the user. */
  async search(asker: Asker & { readonly user: Mxid }, query: string, limit: number): Promise<PeopleFound> {
    const found = this.find(asker.user, query, limit);
    const { people } = found;
    if (people.length === 0) return this.noted(asker.user, found);
    try {
      await this.deps.quotas.consumeFor('search', asker, {}, people.length);
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'limit_exceeded') throw error;
      return this.noted(asker.user, { people: [], isLimited: true, refusal: 'limit_exceeded' });
    }
    return this.noted(asker.user, found);
  }

  /** The people that a user would be shown, and why. Does not count against limits, and writes no metrics or log. */
  explain(user: Mxid, query: string, limit = this.options.maxHits): PeopleFound<ExplainedPerson> {
    const { people, ...found } = this.find(user, query, limit);
    const terms = this.exactly(query.trim()) ? [] : queryTerms(query);
    const matchesOf = ({ mxid }: FoundPerson) => this.deps.index.matchesOf(mxid, terms);
    return { ...found, people: people.map((person) => ({ ...person, matches: matchesOf(person) })) };
  }

  private find(user: Mxid, query: string, limit: number): PeopleFound {
    const { showTo, minLetters, maxHits } = this.options;
    const refused = (refusal: SearchRefusal): PeopleFound => ({ people: [], isLimited: false, refusal });
    if (!showTo.includes(homeserverOf(user))) return refused('foreign_homeserver');
    const named = this.exactly(query.trim());
    if (named) return { people: this.shown([named], user), isLimited: false };
    if (lettersIn(query) < minLetters) return refused('too_short');
    return this.byWords(query, user, Math.min(limit, maxHits));
  }

  /** Logs that a user searched, and how many people were shown: never who was shown, or the query. */
  private noted(user: Mxid, found: PeopleFound): PeopleFound {
    const { people, refusal } = found;
    const result = refusal ?? (people.length > 0 ? 'found' : 'nobody');
    this.deps.telemetry.count('people_searches', { result });
    this.deps.telemetry.info('people search', { event: 'people_search', user, result, shown: people.length });
    return found;
  }

  private exactly(query: string): PersonHit | undefined {
    const { index, addresses } = this.deps;
    const mxid = query.startsWith('@') ? parseMxid(query) : undefined;
    if (mxid) return index.get(mxid);
    const threepid = addressIn(query);
    if (!threepid) return undefined;
    for (const source of this.options.sources) {
      const owner = addresses.ownerOf(source, threepid);
      const hit = owner && index.get(owner);
      if (hit) return hit;
    }
    return undefined;
  }

  private byWords(query: string, user: Mxid, most: number): PeopleFound {
    const terms = queryTerms(query);
    // The searching user and people without an account can only be filtered out after the search.
    for (let asked = 2 * most + 1; ; asked *= 4) {
      const { hits, total } = this.deps.index.find(terms, asked);
      const people = this.shown(hits, user);
      const isAll = hits.length === total;
      // People without an account come after all others, including those who are not fetched yet.
      const known = people.filter(({ hasNoAccount }) => !hasNoAccount);
      if (known.length > most || isAll) return { people: people.slice(0, most), isLimited: people.length > most };
    }
  }

  private shown(hits: readonly PersonHit[], user: Mxid): readonly FoundPerson[] {
    const { withoutAccount, maxHits } = this.options;
    const others = hits.filter(({ mxid }) => mxid !== user);
    // Accounts of people in the results are checked again soon.
    for (const { mxid } of others.slice(0, maxHits)) this.deps.accountStatuses.requestCheck(mxid);
    const known = others.filter((hit) => !this.hasNoAccount(hit));
    if (withoutAccount === 'hide' || known.length === others.length) return known;
    const last = others
      .filter((hit) => this.hasNoAccount(hit))
      .map((hit): FoundPerson => {
        const { mxid, name = mxid } = hit;
        return { ...hit, name: this.markOf(hit).replaceAll('{name}', () => name), hasNoAccount: true };
      });
    return [...known, ...last];
  }

  private markOf({ source }: PersonHit): string {
    const { withoutAccountName, withoutAccountNames } = this.options;
    return Object.hasOwn(withoutAccountNames, source) ? withoutAccountNames[source]! : withoutAccountName;
  }

  private hasNoAccount({ mxid, source }: PersonHit): boolean {
    return this.options.checkedSources.has(source) && this.deps.accountStatuses.isAbsent(mxid);
  }
}

/** A complete address; a phone number only with its calling code. */
function addressIn(query: string): Threepid | undefined {
  if (query.includes('@')) return tryThreepid('email', query);
  if (!/^(?:\+|00)/.test(query)) return undefined;
  const number = readPhoneNumber(query.replace(/^00/, '+'));
  return number && tryThreepid('msisdn', number.digits);
}
