import { isDifferentPeople } from '../directory/person-matching.js';
import type { SourcedEntry } from '../directory/directory-entry.js';
import { groupBy } from '../shared/group-by.js';
import type { Mxid } from '../identifiers/mxid.js';
import type { SearchablePerson } from './searchable-person.js';

export interface PeopleRules {
  /** The sources whose people are found, in the order in which their names count. */
  readonly sources: readonly string[];
  /** The sources, searched or not, that make user IDs out of names of their own. */
  readonly derivedIdSources: ReadonlySet<string>;
  /** By how many of the last digits of their numbers people are found; 0 for not at all. */
  readonly phoneDigits: number;
}

/**
 * Who can be found, of these entries of any sources, all that there are of their user IDs: whom no entry hides, and whose
 * user ID no two people would get.
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
