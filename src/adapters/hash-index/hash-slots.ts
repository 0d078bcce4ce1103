import { KEY_WORDS } from './hash-key.js';

const SLOT_WORDS = KEY_WORDS + 1;
/** The last word of a slot. */
const REFERENCE = KEY_WORDS;
const FREE = 0;

/** The data of `HashSlots`, for transfer to another thread. */
export interface SlotParts {
  readonly words: Uint32Array<ArrayBuffer>;
  readonly tags: Uint8Array<ArrayBuffer>;
}

/** Kept so that reads without another purpose are not left out. */
let touched = 0;

/**
 * Open addressing with linear probing: 20 bytes per slot for a hash and a reference, a number above 0, and a tag of one
 * byte. Except for collisions, slots are ordered by hash, so copying reads and writes memory sequentially.
 *
 * The tags are in an array of their own: those of a million hashes fit into the cache of a processor. A search compares
 * tags, and reads a slot only if its tag is that of the hash, so it reads nothing else for most hashes that are missing.
 */
export class HashSlots {
  private readonly words: Uint32Array<ArrayBuffer>;
  private readonly tags: Uint8Array<ArrayBuffer>;

  /** @param content the data of other slots, or how many there are; some must always be free */
  constructor(content: SlotParts | number) {
    const isNew = typeof content === 'number';
    this.words = isNew ? new Uint32Array(content * SLOT_WORDS) : content.words;
    this.tags = isNew ? new Uint8Array(content) : content.tags;
  }

  get count(): number {
    return this.tags.length;
  }

  get bytes(): number {
    return this.words.byteLength + this.tags.byteLength;
  }

  get parts(): SlotParts {
    return { words: this.words, tags: this.tags };
  }

  reference(slot: number): number {
    return this.words[slot * SLOT_WORDS + REFERENCE]!;
  }

  /** The next slot after `after` with the hash at `at` of `keys`, or the first one if `after` is absent; -1 if there is none. */
  next(keys: Uint32Array, at = 0, after?: number): number {
    const tag = tagOf(keys[at + 1]!);
    let slot = this.tagged(tag, after === undefined ? this.home(keys[at]!) : this.following(after));
    while (slot >= 0 && !this.holds(slot, keys, at)) slot = this.tagged(tag, this.following(slot));
    return slot;
  }

  /**
   * The first slot of each of these hashes; -1 stands for none. Memory that the processor does not have at hand is what a
   * search costs. Loops whose steps do not depend on what they read let it wait for several places at once.
   */
  nextOfEach(keys: Uint32Array): Int32Array {
    const { words, tags } = this;
    const slots = new Int32Array(keys.length / KEY_WORDS);
    let read = 0;
    for (let i = 0; i < slots.length; i++) read ^= tags[this.home(keys[i * KEY_WORDS]!)]!;
    for (let i = 0; i < slots.length; i++)
      slots[i] = this.tagged(tagOf(keys[i * KEY_WORDS + 1]!), this.home(keys[i * KEY_WORDS]!));
    for (let i = 0; i < slots.length; i++) {
      const start = slots[i]! * SLOT_WORDS;
      if (start >= 0) read ^= words[start]! ^ words[start + REFERENCE]!;
    }
    touched ^= read;
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i]!;
      if (slot >= 0 && !this.holds(slot, keys, i * KEY_WORDS)) slots[i] = this.next(keys, i * KEY_WORDS, slot);
    }
    return slots;
  }

  /** Copies the hash at `at` of `keys` into the first free slot from its home slot on. */
  insert(keys: Uint32Array, at: number, reference: number): void {
    let slot = this.home(keys[at]!);
    while (this.tags[slot] !== FREE) slot = this.following(slot);
    this.tags[slot] = tagOf(keys[at + 1]!);
    const start = slot * SLOT_WORDS;
    for (let word = 0; word < KEY_WORDS; word++) this.words[start + word] = keys[at + word]!;
    this.words[start + REFERENCE] = reference;
  }

  /**
   * Frees a slot and moves the following ones up (backward shift deletion), so that all remain reachable from their home
   * slots.
   */
  remove(slot: number): void {
    const { words, tags, count } = this;
    const distance = (from: number, to: number) => (to >= from ? to - from : to - from + count);
    let hole = slot;
    for (let next = this.following(slot); tags[next] !== FREE; next = this.following(next)) {
      if (distance(this.home(words[next * SLOT_WORDS]!), next) < distance(hole, next)) continue;
      words.copyWithin(hole * SLOT_WORDS, next * SLOT_WORDS, (next + 1) * SLOT_WORDS);
      tags[hole] = tags[next]!;
      hole = next;
    }
    tags[hole] = FREE;
    words.fill(0, hole * SLOT_WORDS, (hole + 1) * SLOT_WORDS);
  }

  /** Copies all hashes, in small steps. Nothing may be added or removed before the last step. */
  *copyTo(copy: HashSlots): Generator<void> {
    for (let slot = 0; slot < this.count; slot++) {
      if (this.tags[slot] !== FREE) copy.insert(this.words, slot * SLOT_WORDS, this.reference(slot));
      if (slot % 256 === 0) yield;
    }
  }

  /** The first slot with this tag, from `slot` to the next free one; -1 if there is none. */
  private tagged(tag: number, slot: number): number {
    const { tags } = this;
    for (let at = slot; tags[at] !== FREE; at = at + 1 === tags.length ? 0 : at + 1) if (tags[at] === tag) return at;
    return -1;
  }

  private holds(slot: number, keys: Uint32Array, at: number): boolean {
    const { words } = this;
    const start = slot * SLOT_WORDS;
    return (
      words[start] === keys[at] &&
      words[start + 1] === keys[at + 1] &&
      words[start + 2] === keys[at + 2] &&
      words[start + 3] === keys[at + 3]
    );
  }

  private home(word: number): number {
    return Math.floor((word * this.tags.length) / 2 ** 32);
  }

  private following(slot: number): number {
    return slot + 1 === this.tags.length ? 0 : slot + 1;
  }
}

/** Not from the word that determines the home slot: neighbours have that in common. */
const tagOf = (word: number): number => word & 255 || 1;
