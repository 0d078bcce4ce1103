import type { Mxid } from '../../domain/identifiers/mxid.js';
import type { Spellings } from '../../domain/people-search/search-words.js';
import { matchLevel, type PersonHit, scoreOf } from '../../domain/people-search/searchable-person.js';
import { matchWords } from './person-words.js';
import { EMPTY, homeSlot, type SegmentParts } from './segment-parts.js';

/** Words with one spelling as their prefix: from `low` to before `high`. `wholeWord` is the word equal to it, or -1. */
interface WordRange {
  readonly low: number;
  readonly high: number;
  readonly wholeWord: number;
}

export interface Candidates {
  /** By score, then in the order of the segment. */
  readonly people: readonly { readonly person: number; readonly score: number }[];
  readonly total: number;
}

/**
 * An immutable set of people, sorted by name, in typed arrays: the people who have each word, and the words of each
 * person. A query checks the people of its rarest word.
 */
export class Segment {
  readonly count: number;
  private readonly words: Buffer;
  private readonly texts: Buffer;
  private readonly removed: Uint8Array;
  private removedCount = 0;
  /** The number of the query in which each person was last seen: a person with two matching words counts once. */
  private readonly lastQueries: Uint32Array;
  private queries = 0;

  constructor(private readonly parts: SegmentParts = EMPTY) {
    const { words, texts } = parts;
    this.count = parts.textStarts.length - 1;
    this.words = Buffer.from(words.buffer, words.byteOffset, words.length);
    this.texts = Buffer.from(texts.buffer, texts.byteOffset, texts.length);
    this.removed = new Uint8Array(this.count);
    this.lastQueries = new Uint32Array(this.count);
  }

  /** The number of people who are not removed. */
  get live(): number {
    return this.count - this.removedCount;
  }

  get bytes(): number {
    const { sources: _sources, ...arrays } = this.parts;
    const own = this.removed.byteLength + this.lastQueries.byteLength;
    return Object.values(arrays).reduce((sum, { byteLength }) => sum + byteLength, own);
  }

  /** The person with this user ID; -1 if there is none, or if they were removed. */
  personOf(mxid: Mxid): number {
    const { slots } = this.parts;
    for (let slot = homeSlot(mxid, slots.length); slots[slot] !== 0; slot = slot + 1 === slots.length ? 0 : slot + 1) {
      const person = (slots[slot] ?? 0) - 1;
      if (this.mxidOf(person) === mxid) return this.removed[person] ? -1 : person;
    }
    return -1;
  }

  remove(mxid: Mxid): void {
    const person = this.personOf(mxid);
    if (person < 0) return;
    this.removed[person] = 1;
    this.removedCount += 1;
  }

  find(terms: readonly Spellings[], most: number): Candidates {
    const ranges = terms.map((term) =>
      term.map((spelling) => this.rangeOf(spelling)).filter(({ low, high }) => low < high),
    );
    const [first] = ranges;
    if (!first) return { people: [], total: 0 };
    const rarest = ranges.reduce((best, one) => (this.sizeOf(one) < this.sizeOf(best) ? one : best));
    const { postings, postingStarts } = this.parts;
    const people: { person: number; score: number }[] = [];
    let total = 0;
    this.queries += 1;
    for (const { low, high } of rarest) {
      const end = postingStarts[high] ?? 0;
      for (let at = postingStarts[low] ?? 0; at < end; at++) {
        const person = postings[at]!;
        if (this.lastQueries[person] === this.queries) continue;
        this.lastQueries[person] = this.queries;
        if (this.removed[person]) continue;
        const score = this.score(person, ranges, first);
        if (score < 0) continue;
        total += 1;
        insert(people, person, score, most);
      }
    }
    return { people, total };
  }

  /** A person as a hit. */
  hitOf(person: number, score: number, terms: readonly Spellings[]): PersonHit {
    const { texts } = this;
    const { textStarts, sources } = this.parts;
    const at = textStarts[person] ?? 0;
    const nameAt = at + 2 + (texts[at + 1] ?? 0);
    const name = texts.toString('utf8', nameAt, textStarts[person + 1]);
    return {
      mxid: this.mxidOf(person),
      ...(name !== '' && { name }),
      source: sources[texts[at] ?? 0] ?? '',
      score,
      matches: matchWords(this.wordsOf(person), terms)?.matches ?? [],
    };
  }

  /** The sort key for people with the same score, followed by the user ID. */
  keyOf(person: number): string {
    return this.wordsOf(person).key;
  }

  private wordsOf(person: number) {
    const { personWords, personWordStarts } = this.parts;
    const own = [...personWords.subarray(personWordStarts[person], personWordStarts[person + 1])];
    const texts = (isName: boolean) =>
      own.flatMap((word) => (((word & 1) === 1) === isName ? this.wordAt(word >>> 1) : []));
    const name = texts(true);
    return { name, others: texts(false), key: name.join(' ') };
  }

  private mxidOf(person: number): Mxid {
    const at = this.parts.textStarts[person] ?? 0;
    return this.texts.toString('utf8', at + 2, at + 2 + (this.texts[at + 1] ?? 0)) as Mxid;
  }

  /** -1 if the person lacks one of the words. */
  private score(person: number, ranges: readonly (readonly WordRange[])[], first: readonly WordRange[]): number {
    const { personWords, personWordStarts } = this.parts;
    const start = personWordStarts[person]!;
    const end = personWordStarts[person + 1]!;
    let levels = 0;
    for (const range of ranges) {
      let best = -1;
      for (let at = start; at < end; at++) {
        const word = personWords[at]!;
        for (const { low, high, wholeWord } of range) {
          const number = word >>> 1;
          if (number < low || number >= high) continue;
          const level = matchLevel((word & 1) === 1, number === wholeWord);
          if (level > best) best = level;
        }
      }
      if (best < 0) return -1;
      levels += best;
    }
    const begins = start < end ? personWords[start]! : 0;
    const isInOrder = (begins & 1) === 1 && first.some(({ low, high }) => begins >>> 1 >= low && begins >>> 1 < high);
    return scoreOf(levels, isInOrder);
  }

  private sizeOf(range: readonly WordRange[]): number {
    const { postingStarts } = this.parts;
    return range.reduce((sum, { low, high }) => sum + postingStarts[high]! - postingStarts[low]!, 0);
  }

  private rangeOf(spelling: string): WordRange {
    const bytes = Buffer.from(spelling);
    const low = this.firstNotBelow(bytes, bytes.length + 1);
    const high = this.firstAbove(bytes, low);
    const isWhole = low < high && this.parts.wordStarts[low + 1]! - this.parts.wordStarts[low]! === bytes.length;
    return { low, high, wholeWord: isWhole ? low : -1 };
  }

  /** The first word that is not less than `bytes`. */
  private firstNotBelow(bytes: Buffer, length: number): number {
    return this.partition(0, (word) => this.compare(word, bytes, length) < 0);
  }

  /** The first word from `from` on that does not start with `bytes`. */
  private firstAbove(bytes: Buffer, from: number): number {
    return this.partition(from, (word) => this.compare(word, bytes, bytes.length) === 0);
  }

  /**
   * Binary search: the first word from `from` on for which `isBefore` is false. It must be true for all words before
   * that one.
   */
  private partition(from: number, isBefore: (word: number) => boolean): number {
    let [low, high] = [from, this.parts.wordStarts.length - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBefore(middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Compares at most `length` bytes of a word. */
  private compare(word: number, bytes: Buffer, length: number): number {
    const { wordStarts } = this.parts;
    const start = wordStarts[word]!;
    return this.words.compare(bytes, 0, bytes.length, start, Math.min(wordStarts[word + 1]!, start + length));
  }

  private wordAt(word: number): string {
    return this.words.toString('utf8', this.parts.wordStarts[word], this.parts.wordStarts[word + 1]);
  }
}

/** Inserts a person into the sorted list of the best, which has at most `most` entries. */
function insert(people: { person: number; score: number }[], person: number, score: number, most: number): void {
  const isBehind = (other: { person: number; score: number }) =>
    other.score > score || (other.score === score && other.person < person);
  if (people.length >= most) {
    const last = people.at(-1);
    if (!last || isBehind(last)) return;
    people.pop();
  }
  let at = people.length;
  while (at > 0 && !isBehind(people[at - 1]!)) at -= 1;
  people.splice(at, 0, { person, score });
}
