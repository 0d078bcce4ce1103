import type { Mxid } from '../../domain/identifiers/mxid.js';
import type { SearchablePerson } from '../../domain/people-search/searchable-person.js';

type Packed = readonly [mxid: Mxid, source: string, name: string, ...keywords: readonly string[]];

/** Encodes people as one string for another thread: transferring a thousand objects costs several times as much. */
export const packPeople = (people: readonly SearchablePerson[]): string =>
  JSON.stringify(people.map(({ mxid, name = '', keywords, source }): Packed => [mxid, source, name, ...keywords]));

export const unpackPeople = (text: string): readonly SearchablePerson[] =>
  (JSON.parse(text) as readonly Packed[]).map(([mxid, source, name, ...keywords]) => ({
    mxid,
    source,
    keywords,
    ...(name !== '' && { name }),
  }));
