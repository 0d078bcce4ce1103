/** The same numbers for the same seed. */
export class SeededRandom {
  constructor(private state: number) {}

  /** A number from 0 (inclusive) to 1 (exclusive). Mulberry32. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  /** An independent generator for one of several concurrent activities. */
  branch(place: number): SeededRandom {
    return new SeededRandom(Math.imul(this.below(2 ** 31), 2) + place);
  }
}
