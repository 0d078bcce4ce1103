import type { Clock } from '../../ports/clock.js';
import type { Limit, RateLimits } from '../../ports/rate-limits.js';

export class MemoryRateLimits implements RateLimits {
  private readonly takes = new Map<string, readonly { readonly takenAt: number; readonly points: number }[]>();

  constructor(private readonly clock: Clock) {}

  async consume(key: string, { amount, windowMs }: Limit, points = 1): Promise<number> {
    if (points > amount) return windowMs;
    const now = this.clock.now();
    const takes = (this.takes.get(key) ?? []).filter(({ takenAt }) => Math.abs(takenAt - now) < windowMs);
    let counted = points;
    for (const take of takes.toReversed()) {
      counted += take.points;
      if (counted > amount) return take.takenAt + windowMs - now;
    }
    this.takes.set(key, [...takes, { takenAt: now, points }]);
    return 0;
  }
}
