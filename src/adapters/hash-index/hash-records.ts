import type { Mxid } from '../../domain/identifiers/mxid.js';
import { KEY_WORDS } from './hash-key.js';

/** So that most records are in one line of the cache, or in two. */
const UNIT_BYTES = 16;
const UNIT_WORDS = UNIT_BYTES / 4;
/** Few large chunks: each is several objects that a read passes through. */
const CHUNK_BITS = 22;
const CHUNK_UNITS = 2 ** CHUNK_BITS;
/** The first chunk begins small and doubles: most sources are small, and each has records for each pepper. */
const FIRST_UNITS = 2 ** 8;
/** How much of it is copied at once. */
const STEP_WORDS = 2 ** 14;
/** Of a place. */
export const PLACE_BITS = 27;

const LENGTH = 4 * KEY_WORDS;
const MARKS = LENGTH + 1;
const NAME = MARKS + 1;
/** A mark: decoding UTF-8 takes longer. */
const NOT_ASCII = 128;
const MAX_NAME_BYTES = 255;
/** A word in the second half of a usual record, counted from its beginning. */
const LATER_WORD = 9;

const unitsFor = (nameBytes: number): number => Math.ceil((NAME + nameBytes) / UNIT_BYTES);
const MAX_UNITS = unitsFor(MAX_NAME_BYTES);

/** The data of `HashRecords`, for transfer to another thread. */
export interface HashRecordsParts {
  readonly chunks: readonly Uint32Array<ArrayBuffer>[];
  readonly end: number;
}

/**
 * Hashes with a user name each, by place, a number above 0. Reads from memory that the processor does not have at hand
 * are what a lookup costs, so everything about a hash is together. Format: the hash, the length of the name, marks, the
 * name in UTF-8; then free bytes to a multiple of 16.
 */
export class HashRecords {
  private readonly chunks: Uint32Array<ArrayBuffer>[];
  private readonly texts: Buffer<ArrayBuffer>[];
  /** In units of 16 bytes, as places are. */
  private end: number;
  /** Places of removed records, by their number of units. */
  private readonly free: number[][] = [];

  constructor({ chunks, end }: HashRecordsParts = { chunks: [], end: 1 }) {
    this.chunks = [...chunks];
    this.texts = chunks.map(({ buffer }) => Buffer.from(buffer));
    this.end = end;
  }

  /**
   * The caller must have called `makeRoom`.
   *
   * @param marks up to 127
   * @throws RangeError for a name above 255 bytes, and if 2 GiB are full
   */
  add(keys: Uint32Array, at: number, mxid: Mxid, marks: number): number {
    const length = Buffer.byteLength(mxid);
    if (length > MAX_NAME_BYTES) throw new RangeError('A user ID is longer than 255 bytes');
    const units = unitsFor(length);
    const place = this.free[units]?.pop() ?? this.append(units);
    const [words, text, start] = [this.wordsOf(place), this.textOf(place), wordOf(place)];
    for (let word = 0; word < KEY_WORDS; word++) words[start + word] = keys[at + word]!;
    text[4 * start + LENGTH] = length;
    text[4 * start + MARKS] = marks | (length === mxid.length ? 0 : NOT_ASCII);
    text.write(mxid, 4 * start + NAME);
    return place;
  }

  remove(place: number): void {
    const text = this.textOf(place);
    const start = 4 * wordOf(place);
    const units = unitsFor(text[start + LENGTH]!);
    text.fill(0, start, start + units * UNIT_BYTES);
    (this.free[units] ??= []).push(place);
  }

  /** Whether the record has the hash at `at` of `keys`. */
  holds(place: number, keys: Uint32Array, at: number): boolean {
    const words = this.wordsOf(place);
    const start = wordOf(place);
    return (
      words[start] === keys[at] &&
      words[start + 1] === keys[at + 1] &&
      words[start + 2] === keys[at + 2] &&
      words[start + 3] === keys[at + 3]
    );
  }

  /** The hash of the record: the array, and where it begins there. */
  hash(place: number): readonly [keys: Uint32Array, at: number] {
    return [this.wordsOf(place), wordOf(place)];
  }

  marks(place: number): number {
    return this.textOf(place)[4 * wordOf(place) + MARKS]! & ~NOT_ASCII;
  }

  /** Adds marks. */
  mark(place: number, marks: number): void {
    this.textOf(place)[4 * wordOf(place) + MARKS]! |= marks;
  }

  mxid(place: number): Mxid {
    const text = this.textOf(place);
    const start = 4 * wordOf(place);
    const encoding = text[start + MARKS]! & NOT_ASCII ? 'utf8' : 'latin1';
    return text.toString(encoding, start + NAME, start + NAME + text[start + LENGTH]!) as Mxid;
  }

  /** Reads from both ends of a usual record, so that the processor has it when it is needed. @returns any number */
  touch(place: number): number {
    const words = this.wordsOf(place);
    return words[wordOf(place)]! ^ (words[wordOf(place) + LATER_WORD] ?? 0);
  }

  get bytes(): number {
    return this.end * UNIT_BYTES;
  }

  get parts(): HashRecordsParts {
    return { chunks: this.chunks, end: this.end };
  }

  /** Whether `makeRoom` has something to do. */
  get isFull(): boolean {
    return this.end + MAX_UNITS > this.capacity && this.capacity < 2 ** PLACE_BITS;
  }

  /** Makes room for one more record, in small steps. Nothing may be added or removed before the last step. */
  *makeRoom(): Generator<void> {
    if (!this.isFull) return;
    const number = Math.max(0, this.chunks.length - 1);
    const chunk = this.chunks[number];
    if (chunk?.length === CHUNK_UNITS * UNIT_WORDS) {
      this.end = this.capacity;
      this.replaceChunk(number + 1, new Uint32Array(CHUNK_UNITS * UNIT_WORDS));
      return;
    }
    const larger = new Uint32Array(chunk ? 2 * chunk.length : FIRST_UNITS * UNIT_WORDS);
    for (let at = 0; chunk && at < chunk.length; at += STEP_WORDS) {
      larger.set(chunk.subarray(at, at + STEP_WORDS), at);
      yield;
    }
    this.replaceChunk(number, larger);
  }

  private append(units: number): number {
    const place = this.end;
    if (place + units > 2 ** PLACE_BITS) throw new RangeError('The addresses of a source need more than 2 GiB');
    this.end += units;
    return place;
  }

  /** The end of the last chunk. */
  private get capacity(): number {
    const last = this.chunks.length - 1;
    return last < 0 ? 0 : last * CHUNK_UNITS + this.chunks[last]!.length / UNIT_WORDS;
  }

  private replaceChunk(number: number, words: Uint32Array<ArrayBuffer>): void {
    this.chunks[number] = words;
    this.texts[number] = Buffer.from(words.buffer);
  }

  private wordsOf(place: number): Uint32Array {
    return this.chunks[place >>> CHUNK_BITS]!;
  }

  private textOf(place: number): Buffer {
    return this.texts[place >>> CHUNK_BITS]!;
  }
}

/** Where a record begins in its chunk. */
const wordOf = (place: number): number => (place & (CHUNK_UNITS - 1)) * UNIT_WORDS;
