import { matchWords, scoreWords, wordsOf } from '../../../src/adapters/name-index/person-words.js';
import type { Mxid } from '../../../src/domain/identifiers/mxid.js';
import type { PersonHit, SearchablePerson, WordMatch } from '../../../src/domain/people-search/searchable-person.js';
import type { Spellings } from '../../../src/domain/people-search/search-words.js';
import type { NameFindings, NameIndex, PeopleReader } from '../../../src/ports/name-index.js';

/** Compares every entry. */
export class MemoryNameIndex implements NameIndex {
  private people = new Map<Mxid, SearchablePerson>();
  private readonly loading = new Set<[readonly Mxid[], readonly SearchablePerson[]][]>();

  async load(read: PeopleReader): Promise<void> {
    const changes: [readonly Mxid[], readonly SearchablePerson[]][] = [];
    this.loading.add(changes);
    try {
      const people = new Map<Mxid, SearchablePerson>();
      for await (const page of read()) for (const person of page) people.set(person.mxid, person);
      this.people = people;
      this.loading.delete(changes);
      for (const change of changes) this.apply(...change);
    } finally {
      this.loading.delete(changes);
    }
  }

  apply(removed: readonly Mxid[], put: readonly SearchablePerson[]): void {
    for (const changes of this.loading) changes.push([removed, put]);
    for (const mxid of removed) this.people.delete(mxid);
    for (const person of put) this.people.set(person.mxid, person);
  }

  find(terms: readonly Spellings[], most: number): NameFindings {
    const found = [...this.people.values()].flatMap((person) => {
      const words = wordsOf(person);
      const score = scoreWords(words, terms);
      return score < 0 ? [] : [{ key: words.key, hit: hitOf(person, score) }];
    });
    found.sort(
      (a, b) =>
        b.hit.score - a.hit.score ||
        Number(a.key > b.key) - Number(a.key < b.key) ||
        Number(a.hit.mxid > b.hit.mxid) - Number(a.hit.mxid < b.hit.mxid),
    );
    return { hits: found.slice(0, most).map(({ hit }) => hit), total: found.length };
  }

  get(mxid: Mxid): PersonHit | undefined {
    const person = this.people.get(mxid);
    return person && hitOf(person, 0);
  }

  matchesOf(mxid: Mxid, terms: readonly Spellings[]): readonly WordMatch[] {
    const person = this.people.get(mxid);
    return person ? matchWords(wordsOf(person), terms) : [];
  }

  size() {
    return { people: this.people.size, bytes: 0, applied: 0 };
  }

  async close(): Promise<void> {
    this.people.clear();
  }
}

const hitOf = ({ keywords: _keywords, ...person }: SearchablePerson, score: number): PersonHit => ({
  ...person,
  score,
});
