import { hash } from 'node:crypto';
import type { Knex } from 'knex';
import type { Clock } from '../../ports/clock.js';
import type { Limit, RateLimits } from '../../ports/rate-limits.js';
import { lock, rowsOf } from './dialect.js';

/** Maximum number of rows per counter, approximately: larger limits round times to steps of their window. */
const MOST_ROWS = 1_000;
const FORGET_EVERY_MS = 60_000;

/** A sliding log: points count for one whole window after they are consumed, so no window exceeds the amount. */
export class KnexRateLimits implements RateLimits {
  private forgottenAt = 0;

  constructor(
    private readonly db: Knex,
    private readonly clock: Clock,
  ) {}

  async consume(key: string, limit: Limit, points = 1): Promise<number> {
    return (await this.takeAhead(key, limit, points, 0)).waitMs;
  }

  /**
   * Consumes points in advance: they count as if consumed `aheadMs` from now. No window exceeds the amount if they are
   * used before `takenAt`, ms since the epoch.
   */
  async takeAhead(
    key: string,
    limit: Limit,
    points: number,
    aheadMs: number,
  ): Promise<{ readonly waitMs: number; readonly takenAt: number }> {
    const now = this.clock.now();
    const takenAt = stepOf(limit, now + aheadMs);
    if (points > limit.amount) return { waitMs: limit.windowMs, takenAt };
    await this.forget(now);
    const keyHash = hash('sha256', key);
    const waitMs = await this.db.transaction(async (trx) => {
      await lock(trx, `islet limit ${keyHash}`);
      const isTaken = await tryTake(trx, keyHash, limit, points, now, takenAt);
      return isTaken ? 0 : waitFor(trx, keyHash, limit, points, now);
    });
    return { waitMs, takenAt };
  }

  /** Returns points that were consumed in advance and not used. */
  async giveBack(unused: readonly { readonly key: string; readonly takenAt: number; readonly points: number }[]) {
    await this.db.transaction(async (trx) => {
      for (const { key, takenAt, points } of unused) {
        await trx<Row>('rate_limit_takes')
          .where({ key_hash: hash('sha256', key), taken_at: takenAt })
          .decrement('points', points);
      }
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

/** Rounded up: points may count up to one step longer, never shorter. */
function stepOf({ amount, windowMs }: Limit, time: number): number {
  const stepMs = amount > MOST_ROWS ? Math.ceil(windowMs / MOST_ROWS) : 1;
  return Math.ceil(time / stepMs) * stepMs;
}

async function tryTake(
  trx: Knex.Transaction,
  keyHash: string,
  { amount, windowMs }: Limit,
  points: number,
  now: number,
  takenAt: number,
): Promise<boolean> {
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

/** The time until enough of the oldest points have expired. */
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
