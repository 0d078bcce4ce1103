import { AMBIGUOUS } from '../../domain/associations/association.js';
import type { Mxid } from '../../domain/identifiers/mxid.js';
import type { Entry } from './index-entry.js';
import { KEY_WORDS, readKey, readKeys } from './hash-key.js';
import { HashRecords, type HashRecordsParts } from './hash-records.js';
import { HashSlots } from './hash-slots.js';

const SMALLEST = 16;
const FULLEST = 0.75;
const AFTER_GROWTH = 0.5;
const WELL_FILLED = 0.6;

const SHARED = 1;
const ALIAS = 2;
/** There are other records with this hash, or there were. */
const SEVERAL = 4;

const marksOf = ({ isCollision, isAlias }: Entry) => (isCollision ? SHARED : 0) | (isAlias ? ALIAS : 0);

/** The data of a `Table`, for transfer to another thread. */
export interface TableParts {
  readonly slots: Uint32Array<ArrayBuffer>;
  readonly records: HashRecordsParts;
  readonly entries: number;
  readonly claims: number;
}

const slotsFor = (entries: number, filling: number) =>
  new Uint32Array(Math.max(SMALLEST, Math.ceil(entries / filling)));

const key = new Uint32Array(KEY_WORDS);

/** A set of entries by hash. */
export class Table {
  private slots: HashSlots;
  private readonly records: HashRecords;
  entries: number;
  /** Entries that are not aliases. */
  claims: number;

  /** @param content the data of another table, or the initial capacity */
  constructor(content: TableParts | number = 0) {
    const isEmpty = typeof content === 'number';
    this.records = new HashRecords(isEmpty ? undefined : content.records);
    this.slots = new HashSlots(isEmpty ? slotsFor(content, WELL_FILLED) : content.slots, this.records);
    this.entries = isEmpty ? 0 : content.entries;
    this.claims = isEmpty ? 0 : content.claims;
  }

  find(hash: string): Mxid | typeof AMBIGUOUS | undefined {
    return readKey(hash, key) ? this.answerAt(this.slots.next(key, 0), key) : undefined;
  }

  /** The existing answers, by hash. */
  findAll(hashes: readonly string[]): Map<string, Mxid | typeof AMBIGUOUS> {
    const found = new Map<string, Mxid | typeof AMBIGUOUS>();
    const keys = readKeys(hashes);
    if (!keys) {
      for (const hash of hashes) {
        const answer = this.find(hash);
        if (answer !== undefined) found.set(hash, answer);
      }
      return found;
    }
    const slots = this.slots.nextOfEach(keys);
    for (let i = 0; i < slots.length; i++)
      if (slots[i]! >= 0) found.set(hashes[i]!, this.answerAt(slots[i]!, keys, i * KEY_WORDS)!);
    return found;
  }

  /** @param from the first slot with the hash at `hashAt` of `hashes`, or -1 */
  private answerAt(from: number, hashes: Uint32Array, hashAt = 0): Mxid | typeof AMBIGUOUS | undefined {
    let answer: Mxid | typeof AMBIGUOUS | undefined;
    for (let slot = from; slot >= 0; slot = this.slots.next(hashes, hashAt, slot)) {
      const place = this.slots.place(slot);
      const marks = this.records.marks(place);
      const claimant = marks & SHARED ? AMBIGUOUS : this.records.mxid(place);
      if (answer !== undefined && answer !== claimant) return AMBIGUOUS;
      answer = claimant;
      if (!(marks & SEVERAL)) break;
    }
    return answer;
  }

  has(entry: Entry): boolean {
    return this.slotOf(entry) >= 0;
  }

  /** The caller must have called `makeRoom`. */
  add(entry: Entry): void {
    if (this.has(entry)) return;
    this.slots.insert(this.records.add(key, 0, entry.mxid, marksOf(entry) | this.markOthers()));
    this.entries += 1;
    if (!entry.isAlias) this.claims += 1;
  }

  remove(entry: Entry): void {
    const slot = this.slotOf(entry);
    if (slot < 0) return;
    const place = this.slots.place(slot);
    this.slots.remove(slot);
    this.records.remove(place);
    this.entries -= 1;
    if (!entry.isAlias) this.claims -= 1;
  }

  /** Whether `makeRoom` has something to do. */
  get isFull(): boolean {
    return this.filling >= FULLEST || this.records.isFull;
  }

  /** Makes room for one more entry, in small steps. Nothing may be added or removed before the last step. */
  *makeRoom(): Generator<void> {
    if (this.filling >= FULLEST) yield* this.resize(AFTER_GROWTH);
    yield* this.records.makeRoom();
  }

  /** Releases unused memory, in small steps like `makeRoom`. */
  *trim(): Generator<void> {
    if (this.filling < AFTER_GROWTH) yield* this.resize(WELL_FILLED);
  }

  get bytes(): number {
    return this.slots.words.byteLength + this.records.bytes;
  }

  get parts(): TableParts {
    return { slots: this.slots.words, records: this.records.parts, entries: this.entries, claims: this.claims };
  }

  private get filling(): number {
    return this.entries / this.slots.count;
  }

  private *resize(filling: number): Generator<void> {
    const resized = new HashSlots(slotsFor(this.entries, filling), this.records);
    yield* this.slots.copyTo(resized);
    this.slots = resized;
  }

  /** The slot of an entry, or -1. The hash of the entry remains in `key`. */
  private slotOf(entry: Entry): number {
    if (!readKey(entry.hash, key)) throw new TypeError('Not a lookup hash');
    for (let slot = this.slots.next(key, 0); slot >= 0; slot = this.slots.next(key, 0, slot)) {
      const place = this.slots.place(slot);
      if ((this.records.marks(place) & ~SEVERAL) === marksOf(entry) && this.records.mxid(place) === entry.mxid)
        return slot;
    }
    return -1;
  }

  /** Marks the records with the hash in `key` as several. @returns the mark if there are any, otherwise 0 */
  private markOthers(): number {
    let mark = 0;
    for (let slot = this.slots.next(key, 0); slot >= 0; slot = this.slots.next(key, 0, slot)) {
      mark = SEVERAL;
      this.records.mark(this.slots.place(slot), SEVERAL);
    }
    return mark;
  }
}
