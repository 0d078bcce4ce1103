/** A score and a person fit into one number that is exact: below 2^53. */
const PEOPLE = 2 ** 32;

/** Keeps the best of many people: those with the highest scores; of equal scores, those with the lowest numbers. */
export class BestPeople {
  /** Scores and people, packed. Higher is better. */
  private best: number[] = [];
  private threshold = -1;

  constructor(private readonly most: number) {}

  add(person: number, score: number): void {
    const packed = score * PEOPLE + (PEOPLE - 1 - person);
    if (packed <= this.threshold) return;
    this.best.push(packed);
    // Sorted only when twice as many are there: seldom, and cheap per person.
    if (this.best.length >= 2 * this.most + 16) this.cut();
  }

  /** The best first. */
  sorted(): readonly { readonly person: number; readonly score: number }[] {
    this.cut();
    return this.best.map((packed) => ({
      person: PEOPLE - 1 - (packed % PEOPLE),
      score: Math.floor(packed / PEOPLE),
    }));
  }

  private cut(): void {
    this.best.sort((a, b) => b - a);
    if (this.best.length < this.most) return;
    this.best.length = this.most;
    this.threshold = this.best.at(-1) ?? Infinity;
  }
}
