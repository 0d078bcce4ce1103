import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Mxid } from '../../src/domain/identifiers/mxid.js';
import { queryTerms } from '../../src/domain/people-search/search-words.js';
import type { SearchablePerson } from '../../src/domain/people-search/searchable-person.js';
import type { NameIndex, PeopleReader } from '../../src/ports/name-index.js';

const person = (user: string, name: string, ...keywords: readonly string[]): SearchablePerson => ({
  mxid: `@${user}:example.org`,
  name,
  keywords: [user, ...keywords],
  source: 'staff',
});

const anna = person('am', 'Anna Müller', 'Buchhaltung');
const hannes = person('hm', 'Müller, Hannes');
const annabel = person('ab', 'Annabel Ng');
const bert = person('bert', 'Bert Berg', 'Müller');
const allPeople = [bert, annabel, hannes, anna];

const pages = (...all: (readonly SearchablePerson[])[]): PeopleReader =>
  async function* () {
    yield* all;
  };

/** What every NameIndex promises. */
export function nameIndexContract(open: () => NameIndex): void {
  describe('NameIndex contract', () => {
    let index: NameIndex;
    const found = (query: string, most = 10): readonly Mxid[] =>
      index.find(queryTerms(query), most).hits.map(({ mxid }) => mxid);

    beforeEach(async () => {
      index = open();
      await index.load(pages(allPeople.slice(0, 1), [], allPeople.slice(1)));
    });
    afterEach(() => index.close());

    it('finds no one before it is loaded, or without a search term', async () => {
      const empty = open();
      expect(empty.find(queryTerms('anna'), 10)).toEqual({ hits: [], total: 0 });
      expect(empty.get(anna.mxid)).toBeUndefined();
      await empty.close();
      expect(index.find([], 10)).toEqual({ hits: [], total: 0 });
    });

    it('finds people with a word for each term, in any order', () => {
      expect(found('mül ann')).toEqual([anna.mxid]);
      expect(found('ann mueller')).toEqual([anna.mxid]);
      expect(found('ann berg')).toEqual([]);
      expect(found('buch')).toEqual([anna.mxid]);
    });

    it('ranks matches in the name first, then complete words, then names that begin with the search', () => {
      expect(found('muller')).toEqual([hannes.mxid, anna.mxid, bert.mxid]);
      expect(found('anna')).toEqual([anna.mxid, annabel.mxid]);
    });

    it('returns how each word was found', () => {
      expect(index.find(queryTerms('müll buch'), 10).hits).toEqual([
        { mxid: anna.mxid, name: 'Anna Müller', source: 'staff', score: 4 },
      ]);
      expect(index.matchesOf(anna.mxid, queryTerms('müll buch'))).toEqual([
        { word: 'muller', isName: true, isWhole: false },
        { word: 'buchhaltung', isName: false, isWhole: false },
      ]);
      expect(index.matchesOf('@nobody:example.org', queryTerms('müll'))).toEqual([]);
    });

    it('returns how many people match, including those beyond the limit', () => {
      expect(index.find(queryTerms('mu'), 1)).toMatchObject({ hits: [{ mxid: hannes.mxid }], total: 3 });
    });

    it('finds a person by user ID', () => {
      expect(index.get(anna.mxid)).toMatchObject({ mxid: anna.mxid, name: 'Anna Müller', source: 'staff' });
      expect(index.get('@nobody:example.org')).toBeUndefined();
    });

    it('removes and replaces people at once', () => {
      index.apply([bert.mxid, '@nobody:example.org'], [person('am', 'Anna Schmidt'), person('new', 'Anna Aalto')]);
      expect(found('anna')).toEqual(['@new:example.org', anna.mxid, annabel.mxid]);
      expect(found('muller')).toEqual([hannes.mxid]);
      expect(index.get(bert.mxid)).toBeUndefined();
      expect(index.get(anna.mxid)?.name).toBe('Anna Schmidt');
      index.apply([anna.mxid], []);
      expect(found('schmidt')).toEqual([]);
      expect(index.size().people).toBe(3);
    });

    it('returns people in the same order, whatever the order in which they were added', async () => {
      const other = open();
      await other.load(pages([hannes]));
      other.apply([], [anna]);
      other.apply([], [bert, annabel]);
      for (const query of ['anna', 'mu', 'b', 'muller', 'an ']) {
        expect(other.find(queryTerms(query), 10)).toEqual(index.find(queryTerms(query), 10));
      }
      await other.close();
    });

    it('keeps changes that are applied while it loads', async () => {
      const loading = index.load(async function* () {
        yield [anna];
        index.apply([anna.mxid], [person('new', 'Nina Neu')]);
        yield [bert];
      });
      await loading;
      expect([found('anna'), found('nina'), found('bert')]).toEqual([[], ['@new:example.org'], [bert.mxid]]);
    });

    it('keeps its content if a load fails', async () => {
      const broken: PeopleReader = async function* () {
        yield [bert];
        throw new Error('The database is gone');
      };
      await expect(index.load(broken)).rejects.toThrow('The database is gone');
      expect(found('anna')).toEqual([anna.mxid, annabel.mxid]);
    });
  });
}
