import { matchLevel, scoreOf } from '../../domain/people-search/searchable-person.js';
import { BestPeople } from './best-people.js';
import type { SegmentParts } from './segment-parts.js';

/** Words with one spelling as their prefix: from `low` to before `high`. `wholeWord` is the word equal to it, or -1. */
export interface WordRange {
  readonly low: number;
  readonly high: number;
  readonly wholeWord: number;
}

export interface Candidates {
  /** By score, then in the order of the segment. */
  readonly people: readonly { readonly person: number; readonly score: number }[];
  readonly total: number;
}

/** About as many steps as reading all words of one person takes. */
const STEPS_PER_PERSON = 8;

/** What is known of a person, in one number: the last step they passed, the level of that step, the sum of all levels. */
const STEP_SHIFT = 9;
const LEVEL_SHIFT = 7;
const LEVEL_MASK = 3;
const SUM_MASK = 127;
const LAST_STEP = 2 ** (32 - STEP_SHIFT) - 1;

/**
 * Finds the people of a segment who have a word in each of several ranges. Ranges are processed from the rarest to the
 * most frequent one; of each, either its people are read, or the words of those who remain, whichever is less. The only
 * memory that a search allocates is its result.
 */
export class SegmentSearch {
  /** See `STEP_SHIFT`. Steps are numbered over all searches, so that this is seldom cleared. */
  private readonly states: Uint32Array;
  /** The people who passed the last step: the first `count` of these. */
  private readonly remaining: Uint32Array;
  private count = 0;
  private step = 0;

  constructor(
    private readonly parts: SegmentParts,
    private readonly removed: Uint8Array,
    private readonly lastStep = LAST_STEP,
  ) {
    this.states = new Uint32Array(removed.length);
    this.remaining = new Uint32Array(removed.length);
  }

  get bytes(): number {
    return this.states.byteLength + this.remaining.byteLength;
  }

  /** @param terms the ranges of each term, in their order; at most 42 terms */
  find(terms: readonly (readonly WordRange[])[], most: number): Candidates {
    const sized = terms.map((ranges) => ({ ranges, size: this.sizeOf(ranges) })).sort((a, b) => a.size - b.size);
    const [rarest, ...others] = sized;
    const [first] = terms;
    if (!rarest || !first || rarest.size === 0) return { people: [], total: 0 };
    if (this.step > this.lastStep - terms.length) {
      this.states.fill(0);
      this.step = 0;
    }
    this.step += 1;
    this.begin(rarest.ranges);
    for (const { ranges, size } of others) {
      if (this.count === 0) break;
      this.step += 1;
      if (size < STEPS_PER_PERSON * this.count) this.readPeople(ranges);
      else this.readWords(ranges);
    }
    const best = new BestPeople(most);
    for (let at = 0; at < this.count; at++) {
      const person = this.remaining[at]!;
      best.add(person, scoreOf(this.states[person]! & SUM_MASK, this.isInOrder(person, first)));
    }
    return { people: best.sorted(), total: this.count };
  }

  private begin(ranges: readonly WordRange[]): void {
    const { postings, postingStarts } = this.parts;
    const { states, step, remaining, removed } = this;
    let count = 0;
    for (const { low, high, wholeWord } of ranges) {
      for (let word = low; word < high; word++) {
        const isWhole = word === wholeWord;
        const end = postingStarts[word + 1]!;
        for (let at = postingStarts[word]!; at < end; at++) {
          const posting = postings[at]!;
          const person = posting >>> 1;
          const level = matchLevel((posting & 1) === 1, isWhole);
          const state = states[person]!;
          if (state >>> STEP_SHIFT !== step) {
            if (removed[person]) continue;
            states[person] = stateOf(step, level, level);
            remaining[count] = person;
            count += 1;
          } else if (level > (state & SUM_MASK)) states[person] = stateOf(step, level, level);
        }
      }
    }
    this.count = count;
  }

  /** Keeps those of the remaining people who are among the people of the ranges. */
  private readPeople(ranges: readonly WordRange[]): void {
    const { postings, postingStarts } = this.parts;
    const { states, step, remaining } = this;
    let count = 0;
    for (const { low, high, wholeWord } of ranges) {
      for (let word = low; word < high; word++) {
        const isWhole = word === wholeWord;
        const end = postingStarts[word + 1]!;
        for (let at = postingStarts[word]!; at < end; at++) {
          const posting = postings[at]!;
          const person = posting >>> 1;
          const state = states[person]!;
          const passed = state >>> STEP_SHIFT;
          if (passed !== step && passed !== step - 1) continue;
          const level = matchLevel((posting & 1) === 1, isWhole);
          const sum = state & SUM_MASK;
          const before = (state >>> LEVEL_SHIFT) & LEVEL_MASK;
          if (passed !== step) {
            states[person] = stateOf(step, level, sum + level);
            remaining[count] = person;
            count += 1;
          } else if (level > before) states[person] = stateOf(step, level, sum + level - before);
        }
      }
    }
    this.count = count;
  }

  /** Keeps those of the remaining people who have a word in one of the ranges. */
  private readWords(ranges: readonly WordRange[]): void {
    const { states, step, remaining } = this;
    let count = 0;
    for (let at = 0; at < this.count; at++) {
      const person = remaining[at]!;
      const level = this.levelOf(person, ranges);
      if (level < 0) continue;
      states[person] = stateOf(step, level, (states[person]! & SUM_MASK) + level);
      remaining[count] = person;
      count += 1;
    }
    this.count = count;
  }

  private levelOf(person: number, ranges: readonly WordRange[]): number {
    const { personWords, personWordStarts } = this.parts;
    const end = personWordStarts[person + 1]!;
    let best = -1;
    for (let at = personWordStarts[person]!; at < end; at++) {
      const word = personWords[at]!;
      const number = word >>> 1;
      for (const { low, high, wholeWord } of ranges) {
        if (number < low || number >= high) continue;
        const level = matchLevel((word & 1) === 1, number === wholeWord);
        if (level > best) best = level;
      }
    }
    return best;
  }

  /** Whether the first term begins the name. */
  private isInOrder(person: number, first: readonly WordRange[]): boolean {
    const { personWords, personWordStarts } = this.parts;
    const start = personWordStarts[person]!;
    if (start === personWordStarts[person + 1]) return false;
    const word = personWords[start]!;
    if ((word & 1) === 0) return false;
    for (const { low, high } of first) if (word >>> 1 >= low && word >>> 1 < high) return true;
    return false;
  }

  /** The number of people of the ranges. Whoever has several of their words counts several times. */
  private sizeOf(ranges: readonly WordRange[]): number {
    const { postingStarts } = this.parts;
    return ranges.reduce((sum, { low, high }) => sum + postingStarts[high]! - postingStarts[low]!, 0);
  }
}

const stateOf = (step: number, level: number, sum: number): number =>
  ((step << STEP_SHIFT) | (level << LEVEL_SHIFT) | sum) >>> 0;
