import { describe, expect, it } from 'vitest';
import { CompactNameIndex } from '../../../src/adapters/name-index/compact-name-index.js';
import { queryTerms } from '../../../src/domain/people-search/search-words.js';
import type { SearchablePerson } from '../../../src/domain/people-search/searchable-person.js';
import { nameIndexContract } from '../../contracts/name-index.contract.js';

const FIRST = ['Anna', 'Bert', 'Clara', 'Dörte', 'Emil', 'Frauke', 'Gül', 'Hans', 'Ingrid', 'Jörg'];
const LAST = ['Meier', 'Müller', 'Schmidt', 'Schneider', 'Fischer', 'Weber', 'Wagner', 'Becker', 'Hoffmann'];

const personAt = (i: number): SearchablePerson => ({
  mxid: `@user${i}:example.org`,
  name: `${FIRST[i % FIRST.length]}${i % 77} ${LAST[i % LAST.length]}${i % 1013}`,
  keywords: [`user${i}`, FIRST[i % FIRST.length]!, `Abteilung ${i % 50}`],
  source: 'staff',
});

nameIndexContract(() => new CompactNameIndex());

describe('CompactNameIndex', () => {
  it('uses at most 200 bytes a person besides the name, including the user ID', async () => {
    const index = new CompactNameIndex();
    const people = Array.from({ length: 20_000 }, (_, i) => personAt(i));
    await index.load(async function* () {
      for (let at = 0; at < people.length; at += 1_000) yield people.slice(at, at + 1_000);
    });
    const names = people.reduce((sum, { name = '' }) => sum + Buffer.byteLength(name), 0);
    expect((index.size().bytes - names) / people.length).toBeLessThan(200);
    expect(index.size().people).toBe(people.length);
    expect(index.get('@user17777:example.org')?.name).toBe(personAt(17_777).name);
    await index.close();
  });

  it('finds the same people as a search through all', async () => {
    const index = new CompactNameIndex();
    const people = Array.from({ length: 3_000 }, (_, i) => personAt(i));
    await index.load(async function* () {
      yield people;
    });
    const other = new CompactNameIndex(); // nothing in its segment: all people are compared
    other.apply([], people);
    const queries = [
      'an me',
      'dorte',
      'gul mull',
      'user29',
      'abt fisch hans',
      'jo',
      'zz',
      'anna1 1',
      'a u 1',
      'a user29',
    ];
    for (const query of [...queries, 'u a', 'anna an a', 'mü m', '1 a', 'anna0 meier0']) {
      for (const most of [1, 25, 5_000]) {
        expect(index.find(queryTerms(query), most)).toEqual(other.find(queryTerms(query), most));
      }
    }
    await Promise.all([index.close(), other.close()]);
  });

  it('can be closed while it loads', async () => {
    const index = new CompactNameIndex();
    let closing: Promise<void> | undefined;
    const loading = index.load(async function* () {
      yield [personAt(1)];
      closing = index.close();
      yield [personAt(2)];
    });
    await expect(loading).rejects.toThrow('aborted');
    await closing;
  });
});
