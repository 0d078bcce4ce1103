/** A rate limit: at most `amount` points in any window of `windowMs`. */
export interface Limit {
  readonly amount: number;
  readonly windowMs: number;
}

/** Rate limit counters shared by all instances. */
export abstract class RateLimits {
  /**
   * Takes `points` from the counter `key`. The key may contain an address: it is not stored in clear.
   *
   * @returns ms until the same number of points can be taken, 0 if they were taken. A refusal takes nothing. More
   *   points than `amount` are always refused: the result is then the whole window. Points taken more than a window in
   *   the future, because the clock was set back since, do not count
   */
  abstract consume(key: string, limit: Limit, points?: number): Promise<number>;
}
