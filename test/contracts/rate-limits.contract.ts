import { describe, expect, it } from 'vitest';
import { freshStores, type OpenStores } from './stores.js';

const limit = { amount: 3, windowMs: 1_000 };

/** What every RateLimits promises. */
export function rateLimitsContract(open: OpenStores): void {
  describe('RateLimits contract', () => {
    const on = freshStores(open);
    const takeAt = (time: number, points?: number, of = limit, key = 'mail to anna@example.org') => {
      on.clock.time = time;
      return on.limits.consume(key, of, points);
    };

    it('allows the amount at once and then no more', async () => {
      expect(await takeAt(0)).toBe(0);
      expect(await takeAt(0)).toBe(0);
      expect(await takeAt(0)).toBe(0);
      expect(await takeAt(0)).toBe(1_000);
    });

    it('returns the time until there is room, and then allows the next one', async () => {
      for (const time of [100, 200, 300]) await takeAt(time);
      expect(await takeAt(400)).toBe(700);
      expect(await takeAt(1_099)).toBe(1);
      expect(await takeAt(1_100)).toBe(0);
      expect(await takeAt(1_100)).toBe(100);
    });

    it('allows no more than the amount in any window, wherever it starts', async () => {
      const taken: number[] = [];
      for (let time = 0; time < 5_000; time += 70) if ((await takeAt(time)) === 0) taken.push(time);
      for (const start of taken) {
        expect(taken.filter((time) => time >= start && time < start + 1_000).length).toBeLessThanOrEqual(3);
      }
      expect(taken.length).toBeGreaterThanOrEqual(14);
    });

    it('consumes several points at once', async () => {
      expect(await takeAt(0, 2)).toBe(0);
      expect(await takeAt(10, 2)).toBe(990);
      expect(await takeAt(10, 1)).toBe(0);
      expect(await takeAt(20, 3)).toBe(990);
      expect(await takeAt(1_000, 2)).toBe(0);
    });

    it('consumes nothing if it refuses', async () => {
      await takeAt(0, 2);
      await takeAt(500, 2);
      await takeAt(900, 2);
      expect(await takeAt(1_000, 3)).toBe(0);
    });

    it('never allows more points than the amount', async () => {
      expect(await takeAt(0, 4)).toBe(1_000);
      expect(await takeAt(0, 3)).toBe(0);
    });

    it('ignores what was consumed before the clock was set back by more than a window', async () => {
      expect(await takeAt(3_600_000, 3)).toBe(0);
      expect(await takeAt(3_599_500)).toBe(1_500);
      expect(await takeAt(1_000, 3)).toBe(0);
      expect(await takeAt(1_000)).toBe(1_000);
    });

    it('counts each key separately', async () => {
      expect(await takeAt(0, 3, limit, 'a')).toBe(0);
      expect(await takeAt(0, 3, limit, 'b')).toBe(0);
      expect(await takeAt(0, 1, limit, 'a')).toBe(1_000);
    });

    it('never allows concurrent callers more than the amount', async () => {
      const waits = await Promise.all(Array.from({ length: 20 }, () => takeAt(0)));
      expect(waits.filter((wait) => wait === 0)).toHaveLength(3);
    });

    it('counts large limits correctly with many small amounts', async () => {
      const large = { amount: 2_000, windowMs: 3_600_000 };
      let taken = 0;
      for (let time = 100; time < 900_000; time += 9_000) if ((await takeAt(time, 25, large)) === 0) taken += 25;
      expect(taken).toBe(2_000);
      const wait = await takeAt(900_100, 25, large);
      expect(wait).toBeGreaterThanOrEqual(2_700_000);
      expect(wait).toBeLessThanOrEqual(2_700_000 + 3_600);
      expect(await takeAt(900_100 + wait, 25, large)).toBe(0);
    });
  });
}
