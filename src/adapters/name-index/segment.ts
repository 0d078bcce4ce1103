import type { Mxid } from '../../domain/identifiers/mxid.js';
import type { PersonHit } from '../../domain/people-search/searchable-person.js';
import type { Spellings } from '../../domain/people-search/search-words.js';
import type { PersonWords } from './person-words.js';
import { EMPTY, homeSlot, type SegmentParts } from './segment-parts.js';
import { type Candidates, SegmentSearch, type WordRange } from './segment-search.js';

/**
 * An immutable set of people, sorted by name, in typed arrays: the people who have each word, and the words of each
 * person.
 */
export class Segment {
  readonly count: number;
  private readonly texts: Buffer;
  private readonly words: Buffer;
  private readonly removed: Uint8Array;
  private removedCount = 0;
  private readonly search: SegmentSearch;

  constructor(private readonly parts: SegmentParts = EMPTY) {
    const { words, texts } = parts;
    this.count = parts.textStarts.length - 1;
    this.words = Buffer.from(words.buffer, words.byteOffset, words.length);
    this.texts = Buffer.from(texts.buffer, texts.byteOffset, texts.length);
    this.removed = new Uint8Array(this.count);
    this.search = new SegmentSearch(parts, this.removed);
  }

  /** The number of people who are not removed. */
  get live(): number {
    return this.count - this.removedCount;
  }

  get bytes(): number {
    const { sources: _sources, ...arrays } = this.parts;
    const own = this.removed.byteLength + this.search.bytes;
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
    return this.search.find(
      terms.map((term) => term.map((spelling) => this.rangeOf(spelling))),
      most,
    );
  }

  /** A person as a hit. */
  hitOf(person: number, score: number): PersonHit {
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
    };
  }

  wordsOf(person: number): PersonWords {
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

  private rangeOf(spelling: string): WordRange {
    const bytes = Buffer.from(spelling);
    const low = this.partition(0, (word) => this.compare(word, bytes) < 0);
    const high = this.partition(low, (word) => this.compare(word, bytes) === 0);
    const isWhole = low < high && this.parts.wordStarts[low + 1]! - this.parts.wordStarts[low]! === bytes.length;
    return { low, high, wholeWord: isWhole ? low : -1 };
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

  /** Below 0 if the word comes before `prefix`, 0 if it starts with it. In JavaScript: a call of `Buffer` costs more. */
  private compare(word: number, prefix: Buffer): number {
    const { words, wordStarts } = this.parts;
    const start = wordStarts[word]!;
    const length = wordStarts[word + 1]! - start;
    for (let at = 0; at < prefix.length; at++) {
      if (at === length) return -1;
      const difference = words[start + at]! - prefix[at]!;
      if (difference !== 0) return difference;
    }
    return 0;
  }

  private wordAt(word: number): string {
    return this.words.toString('utf8', this.parts.wordStarts[word], this.parts.wordStarts[word + 1]);
  }
}
