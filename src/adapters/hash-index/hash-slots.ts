import { KEY_WORDS } from './hash-key.js';
import { type HashRecords, PLACE_BITS } from './hash-records.js';

const FREE = 0;
const TAG_BITS = 32 - PLACE_BITS;
const TAG = 2 ** TAG_BITS - 1;

/** Kept so that reads without another purpose are not left out. */
let touched = 0;

/**
 * Where the records are, by hash: open addressing with linear probing, in four bytes per slot. They hold the place of a
 * record and a tag, some bits of its hash. A search reads a record only if its tag is that of the hash, so it reads no
 * record at all for most hashes that are missing.
 */
export class HashSlots {
  /** @param words one for each slot: those of other slots, or zeros; at least one slot must always be free */
  constructor(
    readonly words: Uint32Array<ArrayBuffer>,
    private readonly records: HashRecords,
  ) {}

  get count(): number {
    return this.words.length;
  }

  /** Of the record. */
  place(slot: number): number {
    return this.words[slot]! >>> TAG_BITS;
  }

  /** The next slot after `after` with the hash at `at` of `keys`, or the first one if `after` is absent; -1 if there is none. */
  next(keys: Uint32Array, at: number, after?: number): number {
    const from = after === undefined ? this.home(keys[at]!) : this.following(after);
    return this.confirmed(this.tagged(keys, at, from), keys, at);
  }

  /**
   * The first slot of each of these hashes; -1 stands for none. Memory that the processor does not have at hand is what a
   * search costs. Loops whose steps do not depend on what they read let it wait for several places at once.
   */
  nextOfEach(keys: Uint32Array): Int32Array {
    const { words, records } = this;
    const slots = new Int32Array(keys.length / KEY_WORDS);
    let read = 0;
    for (let i = 0; i < slots.length; i++) {
      const home = this.home(keys[i * KEY_WORDS]!);
      slots[i] = home;
      read ^= words[home]!;
    }
    for (let i = 0; i < slots.length; i++) slots[i] = this.tagged(keys, i * KEY_WORDS, slots[i]!);
    for (let i = 0; i < slots.length; i++) if (slots[i]! >= 0) read ^= records.touch(this.place(slots[i]!));
    touched ^= read;
    for (let i = 0; i < slots.length; i++) slots[i] = this.confirmed(slots[i]!, keys, i * KEY_WORDS);
    return slots;
  }

  /** Adds a record at the first free slot from the home slot of its hash on. */
  insert(place: number): void {
    const [keys, at] = this.records.hash(place);
    let slot = this.home(keys[at]!);
    while (this.words[slot] !== FREE) slot = this.following(slot);
    this.words[slot] = (place << TAG_BITS) | tagOf(keys, at);
  }

  /**
   * Frees a slot and moves the following ones up (backward shift deletion), so that all remain reachable from their home
   * slots.
   */
  remove(slot: number): void {
    const { words, count } = this;
    const distance = (from: number, to: number) => (to >= from ? to - from : to - from + count);
    let hole = slot;
    for (let next = this.following(slot); words[next] !== FREE; next = this.following(next)) {
      const [keys, at] = this.records.hash(this.place(next));
      if (distance(this.home(keys[at]!), next) < distance(hole, next)) continue;
      words[hole] = words[next]!;
      hole = next;
    }
    words[hole] = FREE;
  }

  /** Copies all slots, in small steps. Nothing may be added or removed before the last step. */
  *copyTo(copy: HashSlots): Generator<void> {
    for (let slot = 0; slot < this.count; slot++) {
      if (this.words[slot] !== FREE) copy.insert(this.place(slot));
      if (slot % 256 === 0) yield;
    }
  }

  /** The first slot with the tag of this hash, from `slot` to the next free one; -1 if there is none. */
  private tagged(keys: Uint32Array, at: number, slot: number): number {
    const { words } = this;
    const tag = tagOf(keys, at);
    for (let next = slot; words[next] !== FREE; next = next + 1 === words.length ? 0 : next + 1)
      if ((words[next]! & TAG) === tag) return next;
    return -1;
  }

  /** The first slot from `slot` on whose record has this hash; -1 if there is none. */
  private confirmed(slot: number, keys: Uint32Array, at: number): number {
    let next = slot;
    while (next >= 0 && !this.records.holds(this.place(next), keys, at))
      next = this.tagged(keys, at, this.following(next));
    return next;
  }

  private home(word: number): number {
    return Math.floor((word * this.words.length) / 2 ** 32);
  }

  private following(slot: number): number {
    return slot + 1 === this.words.length ? 0 : slot + 1;
  }
}

/** Not from the word that determines the home slot: neighbours have that in common. */
const tagOf = (keys: Uint32Array, at: number): number => keys[at + 1]! & TAG;
