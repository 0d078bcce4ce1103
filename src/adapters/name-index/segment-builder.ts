import type { SearchablePerson } from '../../domain/people-search/searchable-person.js';
import { wordsOf } from './person-words.js';
import { homeSlot, type SegmentParts } from './segment-parts.js';

const FILLING = 0.6;
const MOST_SOURCES = 255;
const MAX_MXID_BYTES = 255;

interface Gathered {
  readonly mxid: string;
  readonly text: Buffer;
  readonly key: string;
  /** Word numbers. Those of the name come first. */
  readonly words: Uint32Array;
  readonly nameWords: number;
}

/** Collects people and builds a segment of them. For a single use. */
export class SegmentBuilder {
  private readonly words = new Map<string, number>();
  private readonly sources: string[] = [];
  private readonly people: Gathered[] = [];

  add(person: SearchablePerson): void {
    const { name, others, key } = wordsOf(person);
    const words = Uint32Array.from([...name, ...others], (word) => this.numberOf(word));
    this.people.push({ mxid: person.mxid, text: this.textOf(person), key, words, nameWords: name.length });
  }

  finish(): SegmentParts {
    const people = this.people.sort((a, b) => compare(a.key, b.key) || compare(a.mxid, b.mxid));
    const { words, wordStarts, numbers } = this.sortedWords();
    const [personWordStarts, textStarts] = [
      starts(people, ({ words: own }) => own.length),
      starts(people, ({ text }) => text.length),
    ];
    const personWords = new Uint32Array(personWordStarts.at(-1) ?? 0);
    const texts = new Uint8Array(textStarts.at(-1) ?? 0);
    const slots = new Uint32Array(Math.max(1, Math.ceil(people.length / FILLING)));
    const counts = new Uint32Array(numbers.length);
    for (const [person, { mxid, text, words: own, nameWords }] of people.entries()) {
      texts.set(text, textStarts[person]);
      const at = personWordStarts[person] ?? 0;
      for (const [i, word] of own.entries()) {
        const sorted = numbers[word] ?? 0;
        counts[sorted]! += 1;
        personWords[at + i] = 2 * sorted + (i < nameWords ? 1 : 0);
      }
      let slot = homeSlot(mxid, slots.length);
      while (slots[slot] !== 0) slot = slot + 1 === slots.length ? 0 : slot + 1;
      slots[slot] = person + 1;
    }
    const postingStarts = starts(counts, (count) => count);
    const postings = postingsOf(people.length, personWords, personWordStarts, postingStarts);
    const { sources } = this;
    return {
      words,
      wordStarts,
      postings,
      postingStarts,
      personWords,
      personWordStarts,
      texts,
      textStarts,
      slots,
      sources,
    };
  }

  private numberOf(word: string): number {
    let number = this.words.get(word);
    if (number === undefined) this.words.set(word, (number = this.words.size));
    return number;
  }

  private textOf({ mxid, name = '', source }: SearchablePerson): Buffer {
    let number = this.sources.indexOf(source);
    if (number < 0) number = this.sources.push(source) - 1;
    if (number > MOST_SOURCES) throw new RangeError('At most 256 sources can be searched');
    const own = Buffer.from(mxid);
    if (own.length > MAX_MXID_BYTES) throw new RangeError('A user ID is longer than 255 bytes');
    return Buffer.concat([Uint8Array.of(number, own.length), own, Buffer.from(name)]);
  }

  /** The words in sorted order, and the sorted position of each by its previous number. */
  private sortedWords() {
    const sorted = [...this.words]
      .map(([word, number]) => ({ bytes: Buffer.from(word), number }))
      .sort((a, b) => Buffer.compare(a.bytes, b.bytes));
    const numbers = new Uint32Array(sorted.length);
    for (const [at, { number }] of sorted.entries()) numbers[number] = at;
    const wordStarts = starts(sorted, ({ bytes }) => bytes.length);
    const words = new Uint8Array(wordStarts.at(-1) ?? 0);
    for (const [at, { bytes }] of sorted.entries()) words.set(bytes, wordStarts[at]);
    return { words, wordStarts, numbers };
  }
}

function postingsOf(
  people: number,
  personWords: Uint32Array,
  personWordStarts: Uint32Array,
  postingStarts: Uint32Array,
): Uint32Array<ArrayBuffer> {
  const postings = new Uint32Array(postingStarts.at(-1) ?? 0);
  const ends = postingStarts.slice();
  for (let person = 0; person < people; person++) {
    const end = personWordStarts[person + 1] ?? 0;
    for (let at = personWordStarts[person] ?? 0; at < end; at++) {
      const word = personWords[at] ?? 0;
      postings[ends[word >>> 1]!] = 2 * person + (word & 1);
      ends[word >>> 1]! += 1;
    }
  }
  return postings;
}

/** The start of each item if they are concatenated, and the end of the last one. */
function starts<T>(all: ArrayLike<T> & Iterable<T>, lengthOf: (item: T) => number): Uint32Array<ArrayBuffer> {
  const places = new Uint32Array(all.length + 1);
  let at = 0;
  let end = 0;
  for (const item of all) {
    end += lengthOf(item);
    at += 1;
    places[at] = end;
  }
  return places;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
