import { AMBIGUOUS } from '../../domain/associations/association.js';
import type { Mxid } from '../../domain/identifiers/mxid.js';
import type { Entry } from './index-entry.js';
import { KEY_WORDS, readKey, readKeys } from './hash-key.js';
import { HashSlots, type SlotParts } from './hash-slots.js';
import { NamePool, type NamePoolParts } from './name-pool.js';

const SMALLEST = 16;
const FULLEST = 0.75;
const AFTER_GROWTH = 0.5;
const WELL_FILLED = 0.6;

/** A reference consists of the place of the name and two marks. No place is 0. */
const SHARED = 1;
const ALIAS = 2;
const MARKS = SHARED | ALIAS;

const marksOf = ({ isCollision, isAlias }: Entry) => (isCollision ? SHARED : 0) | (isAlias ? ALIAS : 0);

/** The data of a `Table`, for transfer to another thread. */
export interface TableParts {
  readonly slots: SlotParts;
  readonly names: NamePoolParts;
  readonly entries: number;
  readonly claims: number;
}

const slotsFor = (entries: number, filling: number) => new HashSlots(Math.max(SMALLEST, Math.ceil(entries / filling)));

const key = new Uint32Array(KEY_WORDS);
/** Kept so that reads without another purpose are not left out. */
let touched = 0;

/** A set of entries by hash. */
export class Table {
  private slots: HashSlots;
  private readonly names: NamePool;
  entries: number;
  /** Entries that are not aliases. */
  claims: number;

  /** @param content the data of another table, or the initial capacity */
  constructor(content: TableParts | number = 0) {
    const isEmpty = typeof content === 'number';
    this.slots = isEmpty ? slotsFor(content, WELL_FILLED) : new HashSlots(content.slots);
    this.names = isEmpty ? new NamePool() : new NamePool(content.names);
    this.entries = isEmpty ? 0 : content.entries;
    this.claims = isEmpty ? 0 : content.claims;
  }

  find(hash: string): Mxid | typeof AMBIGUOUS | undefined {
    return readKey(hash, key) ? this.answerAt(this.slots.next(key), key) : undefined;
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
    this.touchNames(slots);
    for (const [i, hash] of hashes.entries()) {
      if (slots[i]! < 0) continue;
      found.set(hash, this.answerAt(slots[i]!, keys, i * KEY_WORDS)!);
    }
    return found;
  }

  /** @param from the first slot with the hash at `hashAt` of `hashes`, or -1 */
  private answerAt(from: number, hashes: Uint32Array, hashAt = 0): Mxid | typeof AMBIGUOUS | undefined {
    let answer: Mxid | typeof AMBIGUOUS | undefined;
    for (let slot = from; slot >= 0; slot = this.slots.next(hashes, hashAt, slot)) {
      const reference = this.slots.reference(slot);
      const claimant = reference & SHARED ? AMBIGUOUS : this.names.get(reference >>> 2);
      if (answer !== undefined && answer !== claimant) return AMBIGUOUS;
      answer = claimant;
    }
    return answer;
  }

  has(entry: Entry): boolean {
    return this.slotOf(entry) >= 0;
  }

  /** The caller must have called `makeRoom`. */
  add(entry: Entry): void {
    if (this.has(entry)) return;
    this.slots.insert(key, 0, (this.names.add(entry.mxid) << 2) | marksOf(entry));
    this.entries += 1;
    if (!entry.isAlias) this.claims += 1;
  }

  remove(entry: Entry): void {
    const slot = this.slotOf(entry);
    if (slot < 0) return;
    this.names.remove(this.slots.reference(slot) >>> 2);
    this.slots.remove(slot);
    this.entries -= 1;
    if (!entry.isAlias) this.claims -= 1;
  }

  /** Whether `makeRoom` has something to do. */
  get isFull(): boolean {
    return this.filling >= FULLEST;
  }

  /** Makes room for one more entry, in small steps. Nothing may be added or removed before the last step. */
  *makeRoom(): Generator<void> {
    if (this.isFull) yield* this.resize(AFTER_GROWTH);
  }

  /** Releases unused memory, in small steps like `makeRoom`. */
  *trim(): Generator<void> {
    if (this.filling < AFTER_GROWTH) yield* this.resize(WELL_FILLED);
  }

  get bytes(): number {
    return this.slots.bytes + this.names.bytes;
  }

  get parts(): TableParts {
    return { slots: this.slots.parts, names: this.names.parts, entries: this.entries, claims: this.claims };
  }

  private get filling(): number {
    return this.entries / this.slots.count;
  }

  private *resize(filling: number): Generator<void> {
    const resized = slotsFor(this.entries, filling);
    yield* this.slots.copyTo(resized);
    this.slots = resized;
  }

  /** The slot of an entry, or -1. The hash of the entry remains in `key`. */
  private slotOf(entry: Entry): number {
    if (!readKey(entry.hash, key)) throw new TypeError('Not a lookup hash');
    for (let slot = this.slots.next(key); slot >= 0; slot = this.slots.next(key, 0, slot)) {
      const reference = this.slots.reference(slot);
      if ((reference & MARKS) === marksOf(entry) && this.names.get(reference >>> 2) === entry.mxid) return slot;
    }
    return -1;
  }

  /** Reads the names of these slots; -1 stands for none. */
  private touchNames(slots: Int32Array): void {
    let read = 0;
    for (let i = 0; i < slots.length; i++)
      if (slots[i]! >= 0) read ^= this.names.touch(this.slots.reference(slots[i]!) >>> 2);
    touched ^= read;
  }
}
