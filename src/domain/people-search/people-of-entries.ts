import { isDifferentPeople } from '../directory/person-matching.js';
import type { SourcedEntry } from '../directory/directory-entry.js';
import { groupBy } from '../shared/group-by.js';
import type { Mxid } from '../identifiers/mxid.js';
import type { SearchablePerson } from './searchable-person.js';

export interface PeopleRules {
  /** The sources whose people are found, in the order of priority for names. */
  readonly sources: readonly string[];
  /** The sources, searched or not, that derive user IDs from their own user names. */
  readonly derivedIdSources: ReadonlySet<string>;
  /** People are found by this many last digits of their phone numbers; 0 turns this off. */
  readonly phoneDigits: number;
}

/**
 * The people who can be found, given all entries of their user IDs in any sources: those who are not unlisted, and
 * whose user ID is not shared by two people.
 */
export function unambiguousPeople(entries: readonly SourcedEntry[], rules: PeopleRules): readonly SearchablePerson[] {
  const found: SearchablePerson[] = [];
  for (const [mxid, own] of groupBy(entries, ({ person }) => person?.mxid)) {
    if (own.some(({ person }) => person?.isUnlisted) || isDifferentPeople(own.filter(isDerived))) continue;
    const searched = rules.sources.flatMap((source) => own.filter((entry) => entry.source === source).sort(byId));
    const [first] = searched;
    if (first) found.push(personOf(mxid, first.source, searched, rules));
  }
  return found;

  function isDerived({ source }: SourcedEntry): boolean {
    return rules.derivedIdSources.has(source);
  }
}

function personOf(
  mxid: Mxid,
  source: string,
  entries: readonly SourcedEntry[],
  { phoneDigits }: PeopleRules,
): SearchablePerson {
  const people = entries.flatMap(({ person }) => person ?? []);
  const named = entries.find(({ person }) => person?.searchText?.name !== undefined);
  const name = named?.person?.searchText?.name;
  const otherNames = people.flatMap(({ searchText }) =>
    (searchText?.name ?? name) === name ? [] : (searchText?.name ?? []),
  );
  const numbers = people.flatMap(({ threepids }) =>
    threepids.flatMap(({ medium, address }) =>
      medium === 'msisdn' && phoneDigits > 0 ? address.slice(-phoneDigits) : [],
    ),
  );
  const keywords = [
    mxid.slice(1, mxid.indexOf(':')),
    ...otherNames,
    ...people.flatMap(({ searchText }) => searchText?.keywords ?? []),
    ...numbers,
  ];
  return {
    mxid,
    ...(name !== undefined && { name }),
    keywords: [...new Set(keywords)],
    source: named?.source ?? source,
  };
}

const byId = (a: SourcedEntry, b: SourcedEntry): number => (a.id < b.id ? -1 : 1);
