import type { Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migratedInMemory } from '../../support/migrated-sqlite.js';
import { KnexRateLimits } from '../../../src/adapters/knex/rate-limits.js';
import { ReservingRateLimits } from '../../../src/adapters/knex/reserving-rate-limits.js';
import { FakeClock } from '../../support/fakes.js';

const HOUR_MS = 3_600_000;
const limit = { amount: 10_000, windowMs: HOUR_MS };

describe('limits that are counted in memory', () => {
  const clock = new FakeClock();
  let db: Knex;
  let statements = 0;
  const instance = () => new ReservingRateLimits(new KnexRateLimits(db, clock), clock);

  beforeEach(async () => {
    db = await migratedInMemory();
    db.on('query', () => statements++);
  });
  afterEach(() => db.destroy());

  it('query the store once for many requests', async () => {
    const limits = instance();
    for (let take = 0; take < 3; take++) expect(await limits.consume('anna', limit)).toBe(0);
    await new Promise((resolve) => setImmediate(resolve));
    statements = 0;
    for (let take = 0; take < 10; take++) expect(await limits.consume('anna', limit)).toBe(0);
    expect(statements).toBe(0);
    await limits.close();
  });

  it('never allow more than the amount in any window, over several instances', async () => {
    const instances = [instance(), instance(), instance()];
    const small = { amount: 2_000, windowMs: HOUR_MS };
    const taken: { time: number; points: number }[] = [];
    // More than one window, and many times the amount.
    for (let step = 0; step < 270; step++) {
      clock.pass(15_000);
      const points = 3 * ((step % 10) + 1);
      const limits = instances[step % instances.length];
      if ((await limits?.consume('anna', small, points)) === 0) taken.push({ time: clock.now(), points });
    }
    const sums = taken.map(({ time }) =>
      taken
        .filter((other) => other.time >= time && other.time < time + HOUR_MS)
        .reduce((sum, { points }) => sum + points, 0),
    );
    expect(Math.max(...sums)).toBeLessThanOrEqual(small.amount);
    // Each of the three instances reserves a hundredth at most.
    expect(Math.max(...sums)).toBeGreaterThanOrEqual(small.amount * 0.97 - 30);
    await Promise.all(instances.map((running) => running.close()));
  });

  it('allow concurrent requests up to the amount, and not one more', async () => {
    const instances = [instance(), instance()] as const;
    const waits = await Promise.all(
      Array.from({ length: 500 }, (_, at) => (at % 2 === 0 ? instances[0] : instances[1]).consume('anna', limit, 30)),
    );
    expect(waits.filter((wait) => wait === 0).length).toBeLessThanOrEqual(333);
    expect(waits.filter((wait) => wait === 0).length).toBeGreaterThanOrEqual(326);
    await Promise.all(instances.map((running) => running.close()));
  });

  it('survive a restart, and return unused reservations', async () => {
    const first = instance();
    for (let take = 0; take < 100; take++) expect(await first.consume('anna', limit, 40)).toBe(0);
    await first.close();
    const second = instance();
    expect(await second.consume('anna', limit, 6_000)).toBe(0);
    expect(await second.consume('anna', limit, 1)).toBeGreaterThan(0);
    await second.close();
  });

  it('lose at most one per cent when their process is killed', async () => {
    const first = instance();
    for (let take = 0; take < 100; take++) expect(await first.consume('anna', limit, 40)).toBe(0);
    const second = instance();
    expect(await second.consume('anna', limit, 5_900)).toBe(0);
    await first.close();
    await second.close();
  });
});
