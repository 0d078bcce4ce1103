import { AMBIGUOUS } from '../../domain/associations/association.js';
import type { Mxid } from '../../domain/identifiers/mxid.js';
import type { Entry } from './index-entry.js';
import { KEY_WORDS, readKey, readKeys } from './hash-key.js';
import { NamePool, type NamePoolParts } from './name-pool.js';

const SLOT_WORDS = KEY_WORDS + 1;
const SMALLEST = 16;
const FULLEST = 0.75;
const AFTER_GROWTH = 0.5;
const WELL_FILLED = 0.6;

/** The last word of a slot: the place of the name, and two marks. It is 0 in a free slot, because no place is 0. */
const REFERENCE = KEY_WORDS;
const SHARED = 1;
const ALIAS = 2;
const MARKS = SHARED | ALIAS;

const marksOf = ({ isCollision, isAlias }: Entry) => (isCollision ? SHARED : 0) | (isAlias ? ALIAS : 0);

/** The data of a `Table`, for transfer to another thread. */
export interface TableParts {
  readonly slots: Uint32Array<ArrayBuffer>;
  readonly names: NamePoolParts;
  readonly entries: number;
  readonly claims: number;
}

const slotsFor = (entries: number, filling: number) =>
  new Uint32Array(Math.max(SMALLEST, Math.ceil(entries / filling)) * SLOT_WORDS);

const key = new Uint32Array(KEY_WORDS);
/** Kept so that reads without another purpose are not left out. */
let touched = 0;

/**
 * A set of entries by hash: open addressing with linear probing, 20 bytes per slot. Except for collisions, slots are
 * ordered by hash, so growing reads and writes memory sequentially.
 */
export class Table {
  private slots: Uint32Array<ArrayBuffer>;
  private readonly names: NamePool;
  entries: number;
  /** Entries that are not aliases. */
  claims: number;

  /** @param content the data of another table, or the initial capacity */
  constructor(content: TableParts | number = 0) {
    const isEmpty = typeof content === 'number';
    this.slots = isEmpty ? slotsFor(content, WELL_FILLED) : content.slots;
    this.names = isEmpty ? new NamePool() : new NamePool(content.names);
    this.entries = isEmpty ? 0 : content.entries;
    this.claims = isEmpty ? 0 : content.claims;
  }

  find(hash: string): Mxid | typeof AMBIGUOUS | undefined {
    return readKey(hash, key) ? this.answerAt(this.next(key), key) : undefined;
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
    // Memory that the processor does not have at hand is what a lookup among many costs. Loops whose steps do not depend
    // on what they read let it wait for several places at once.
    this.touchHomeSlots(keys);
    const slots = new Int32Array(hashes.length);
    for (let i = 0; i < slots.length; i++) slots[i] = this.next(keys, undefined, i * KEY_WORDS);
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
    for (let at = from; at >= 0; at = this.next(hashes, at, hashAt)) {
      const reference = this.slots[at + REFERENCE]!;
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
    insert(this.slots, key, 0, (this.names.add(entry.mxid) << 2) | marksOf(entry));
    this.entries += 1;
    if (!entry.isAlias) this.claims += 1;
  }

  remove(entry: Entry): void {
    const at = this.slotOf(entry);
    if (at < 0) return;
    this.names.remove(this.slots[at + REFERENCE]! >>> 2);
    removeShift(this.slots, at);
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
    return this.slots.byteLength + this.names.bytes;
  }

  get parts(): TableParts {
    return { slots: this.slots, names: this.names.parts, entries: this.entries, claims: this.claims };
  }

  private get filling(): number {
    return (this.entries * SLOT_WORDS) / this.slots.length;
  }

  private *resize(filling: number): Generator<void> {
    const resized = slotsFor(this.entries, filling);
    for (let at = 0; at < this.slots.length; at += SLOT_WORDS) {
      const reference = this.slots[at + REFERENCE]!;
      if (reference !== 0) insert(resized, this.slots, at, reference);
      if (at % 1024 === 0) yield;
    }
    this.slots = resized;
  }

  /** The slot of an entry, or -1. The hash of the entry remains in `key`. */
  private slotOf(entry: Entry): number {
    if (!readKey(entry.hash, key)) throw new TypeError('Not a lookup hash');
    for (let at = this.next(key); at >= 0; at = this.next(key, at)) {
      const reference = this.slots[at + REFERENCE]!;
      if ((reference & MARKS) === marksOf(entry) && this.names.get(reference >>> 2) === entry.mxid) return at;
    }
    return -1;
  }

  /** Reads the first slot in which each hash may be. */
  private touchHomeSlots(keys: Uint32Array): void {
    const { slots } = this;
    for (let at = 0; at < keys.length; at += KEY_WORDS) {
      const slot = homeSlot(slots, keys[at]!);
      touched ^= slots[slot]! ^ slots[slot + REFERENCE]!;
    }
  }

  /** Reads the names of these slots; -1 stands for none. */
  private touchNames(slots: Int32Array): void {
    for (let i = 0; i < slots.length; i++)
      if (slots[i]! >= 0) touched ^= this.names.touch(this.slots[slots[i]! + REFERENCE]! >>> 2);
  }

  /** The next slot after `at` with the hash at `hashAt`, or the first one if `at` is absent; -1 if there is none. */
  private next(hashes: Uint32Array, at?: number, hashAt = 0): number {
    const { slots } = this;
    let slot = at === undefined ? homeSlot(slots, hashes[hashAt]!) : after(slots, at);
    for (; slots[slot + REFERENCE] !== 0; slot = after(slots, slot)) {
      if (
        slots[slot] === hashes[hashAt] &&
        slots[slot + 1] === hashes[hashAt + 1] &&
        slots[slot + 2] === hashes[hashAt + 2] &&
        slots[slot + 3] === hashes[hashAt + 3]
      ) {
        return slot;
      }
    }
    return -1;
  }
}

const homeSlot = (slots: Uint32Array, word: number) =>
  Math.floor((word * (slots.length / SLOT_WORDS)) / 2 ** 32) * SLOT_WORDS;

const after = (slots: Uint32Array, at: number) => (at + SLOT_WORDS === slots.length ? 0 : at + SLOT_WORDS);

/** Copies the hash at `from` of `source` into the first free slot from its home slot on. */
function insert(slots: Uint32Array, source: Uint32Array, from: number, reference: number): void {
  let at = homeSlot(slots, source[from]!);
  while (slots[at + REFERENCE] !== 0) at = after(slots, at);
  for (let word = 0; word < KEY_WORDS; word++) slots[at + word] = source[from + word]!;
  slots[at + REFERENCE] = reference;
}

/**
 * Frees a slot and moves the following ones up (backward shift deletion), so that all remain reachable from their home
 * slots.
 */
function removeShift(slots: Uint32Array, at: number): void {
  const distance = (from: number, to: number) => (to >= from ? to - from : to - from + slots.length);
  let hole = at;
  for (let next = after(slots, at); slots[next + REFERENCE] !== 0; next = after(slots, next)) {
    if (distance(homeSlot(slots, slots[next]!), next) < distance(hole, next)) continue;
    slots.copyWithin(hole, next, next + SLOT_WORDS);
    hole = next;
  }
  slots.fill(0, hole, hole + SLOT_WORDS);
}
