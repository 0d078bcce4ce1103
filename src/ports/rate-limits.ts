/** "how many in what time": at most `amount` points in any window of `windowMs`. */
export interface Limit {
  readonly amount: number;
  readonly windowMs: number;
}

/** Counters that all instances share. */
export abstract class RateLimits {
  /**
   * Takes `points` from the counter `key` (which may hold an address: it is not stored in clear).
   *
   * @returns ms until as much can be taken again, 0 if it was taken; a refusal takes nothing. More
   *   points than `amount` are never taken: for these, the whole window. What was taken more than a
   *   window ahead, by a clock that was set back since, does not count
   */
  abstract consume(key: string, limit: Limit, points?: number): Promise<number>;
}
