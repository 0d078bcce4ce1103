import { hash } from 'node:crypto';
import type { Knex } from 'knex';
import type { Clock } from '../../ports/clock.js';
import type { Limit, RateLimits } from '../../ports/rate-limits.js';
import { lock, rowsOf } from './dialect.js';

/** No counter has many more rows than this: larger limits keep time in steps of their window. */
const MOST_ROWS = 1_000;
const FORGET_EVERY_MS = 60_000;

/** A sliding log: each take counts for one whole window, so no window sees more than the amount. */
export class KnexRateLimits implements RateLimits {
  private forgottenAt = 0;

  constructor(
    private readonly db: Knex,
    private readonly clock: Clock,
  ) {}

  async consume(key: string, limit: Limit, points = 1): Promise<number> {
    if (points > limit.amount) return limit.windowMs;
    const now = this.clock.now();
    await this.forget(now);
    const keyHash = hash('sha256', key);
    return this.db.transaction(async (trx) => {
      await lock(trx, `islet limit ${keyHash}`);
      const isTaken = await tryTake(trx, keyHash, limit, points, now);
      return isTaken ? 0 : waitFor(trx, keyHash, limit, points, now);
    });
  }

  private async forget(now: number): Promise<void> {
    if (now < this.forgottenAt + FORGET_EVERY_MS) return;
    this.forgottenAt = now;
    await this.db.transaction(async (trx) => {
      await lock(trx, 'islet limits forget');
      await trx<Row>('rate_limit_takes').where('counts_until', '<=', now).delete();
    });
  }
}

interface Row {
  readonly key_hash: string;
  readonly taken_at: number;
  readonly points: number;
  readonly counts_until: number;
}

async function tryTake(
  trx: Knex.Transaction,
  keyHash: string,
  { amount, windowMs }: Limit,
  points: number,
  now: number,
): Promise<boolean> {
  // Rounded up: what is taken counts a step longer, never shorter.
  const stepMs = amount > MOST_ROWS ? Math.ceil(windowMs / MOST_ROWS) : 1;
  const takenAt = Math.ceil(now / stepMs) * stepMs;
  const taken = await rowsOf(
    trx.raw(
      `insert into rate_limit_takes (key_hash, taken_at, points, counts_until)
       select cast(:keyHash as text), cast(:takenAt as bigint), cast(:points as integer), cast(:countsUntil as bigint)
       where (
         select coalesce(sum(points), 0) from rate_limit_takes where key_hash = :keyHash and taken_at > :since and taken_at < :until
       ) <= :room
       on conflict (key_hash, taken_at) do update
       set points = rate_limit_takes.points + excluded.points, counts_until = excluded.counts_until
       returning points`,
      {
        keyHash,
        takenAt,
        points,
        countsUntil: takenAt + windowMs,
        since: now - windowMs,
        until: now + windowMs,
        room: amount - points,
      },
    ),
  );
  return taken.length > 0;
}

/** Until so many of the oldest takes no longer count that there is room. */
async function waitFor(
  trx: Knex.Transaction,
  keyHash: string,
  { amount, windowMs }: Limit,
  points: number,
  now: number,
): Promise<number> {
  const takes = await trx<Row>('rate_limit_takes')
    .where({ key_hash: keyHash })
    .where('taken_at', '>', now - windowMs)
    .where('taken_at', '<', now + windowMs)
    .orderBy('taken_at', 'desc');
  let counted = 0;
  for (const take of takes) {
    counted += take.points;
    if (counted > amount - points) return take.taken_at + windowMs - now;
  }
  return 0;
}
