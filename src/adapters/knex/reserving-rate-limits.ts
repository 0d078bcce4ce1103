import type { Clock } from '../../ports/clock.js';
import type { Limit, RateLimits } from '../../ports/rate-limits.js';
import type { KnexRateLimits } from './rate-limits.js';

/** The size of a block, as a share of a limit. An instance has two blocks at most: the current one and the next. */
const SHARE = 0.005;
/** How far ahead points are consumed, as a share of the window. */
const AHEAD = 0.005;
const SWEEP_EVERY_MS = 1_000;

interface Block {
  readonly since: number;
  /** The time for which the store counts the points. They may only be used before it. */
  readonly takenAt: number;
  left: number;
}

/** The unused part of a block. */
interface Unused {
  readonly key: string;
  readonly block: Block;
}

/** A recently used counter. */
interface Counter {
  readonly blocks: Block[];
  usedAt: number;
  aheadMs: number;
  /** Until this time, each request uses the store: the limit had no room for a block. */
  nearEndUntil: number;
  taking: Promise<void> | undefined;
}

/**
 * Serves frequent requests from memory. The second request for a large limit within a short time reserves a block of
 * points, which is consumed from the store at once and then used up in memory. So all instances together never exceed
 * the amount, and a restart loses no counts: reserved points count as consumed. They reduce the limit for other
 * instances by one hundredth per instance at most. Unused points are returned.
 */
export class ReservingRateLimits implements RateLimits {
  private readonly counters = new Map<string, Counter>();
  private sweeping: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: KnexRateLimits,
    private readonly clock: Clock,
  ) {}

  async consume(key: string, limit: Limit, points = 1): Promise<number> {
    const size = Math.floor(limit.amount * SHARE);
    if (points > size) return this.store.consume(key, limit, points);
    const now = this.clock.now();
    const known = this.counters.get(key);
    if (!known || !isRecent(known, now)) {
      this.remember(key, limit, now);
      return this.store.consume(key, limit, points);
    }
    known.usedAt = now;
    while (!use(known, points, this.clock.now())) {
      if (isNearEnd(known, now)) {
        await this.giveBack(overIn(key, known, now));
        return this.store.consume(key, limit, points);
      }
      await this.take(key, known, limit, size);
    }
    if (leftIn(known) < size && !isNearEnd(known, now)) void this.take(key, known, limit, size).catch(ignore);
    return 0;
  }

  /** Returns the unused points of all blocks. Call it at shutdown. */
  async close(): Promise<void> {
    clearInterval(this.sweeping);
    await Promise.allSettled([...this.counters.values()].flatMap(({ taking }) => taking ?? []));
    const blocks = [...this.counters].flatMap(([key, { blocks }]) => blocks.splice(0).map((block) => ({ key, block })));
    this.counters.clear();
    await this.giveBack(blocks);
  }

  private remember(key: string, { windowMs }: Limit, now: number): void {
    const former = this.counters.get(key);
    const aheadMs = Math.ceil(windowMs * AHEAD);
    const blocks = former?.blocks ?? [];
    this.counters.set(key, { blocks, usedAt: now, aheadMs, nearEndUntil: -Infinity, taking: undefined });
    this.sweeping ??= setInterval(() => void this.sweep().catch(ignore), SWEEP_EVERY_MS).unref();
  }

  /** Reserves one block at a time. Concurrent callers wait for the same block. */
  private take(key: string, counter: Counter, limit: Limit, size: number): Promise<void> {
    counter.taking ??= this.takeBlock(key, counter, limit, size).finally(() => {
      counter.taking = undefined;
    });
    return counter.taking;
  }

  private async takeBlock(key: string, counter: Counter, limit: Limit, size: number): Promise<void> {
    const since = this.clock.now();
    // The requested points may be available as unused points of an older block.
    await this.giveBack(overIn(key, counter, since));
    const { waitMs, takenAt } = await this.store.takeAhead(key, limit, size, counter.aheadMs);
    if (waitMs > 0) counter.nearEndUntil = since + counter.aheadMs;
    else counter.blocks.push({ since, takenAt, left: size });
  }

  private async sweep(): Promise<void> {
    const now = this.clock.now();
    const over: Unused[] = [];
    for (const [key, counter] of this.counters) {
      over.push(...overIn(key, counter, now));
      if (counter.blocks.length === 0 && !counter.taking && !isRecent(counter, now)) this.counters.delete(key);
    }
    if (this.counters.size === 0) {
      clearInterval(this.sweeping);
      this.sweeping = undefined;
    }
    await this.giveBack(over);
  }

  private async giveBack(unused: readonly Unused[]): Promise<void> {
    if (unused.length === 0) return;
    await this.store.giveBack(unused.map(({ key, block: { takenAt, left } }) => ({ key, takenAt, points: left })));
  }
}

const isRecent = ({ usedAt, aheadMs }: Counter, now: number): boolean => now >= usedAt && now - usedAt < aheadMs;

const isNearEnd = ({ nearEndUntil, aheadMs }: Counter, now: number): boolean =>
  now < nearEndUntil && nearEndUntil - now <= aheadMs;

const isUsable = ({ since, takenAt }: Block, now: number): boolean => now >= since && now < takenAt;

const leftIn = ({ blocks }: Counter): number => blocks.reduce((sum, { left }) => sum + left, 0);

/** Removes expired blocks from a counter. @returns those with unused points */
function overIn(key: string, { blocks }: Counter, now: number): readonly Unused[] {
  const isOver = (block: Block) => block.left > 0 && !isUsable(block, now);
  const over = blocks.filter(isOver);
  blocks.splice(0, Infinity, ...blocks.filter((block) => block.left > 0 && !isOver(block)));
  return over.map((block) => ({ key, block }));
}

/** Uses points from the blocks, the oldest first. @returns `false` if there are not enough */
function use({ blocks }: Counter, points: number, now: number): boolean {
  const usable = blocks.filter((block) => isUsable(block, now));
  if (points > usable.reduce((sum, { left }) => sum + left, 0)) return false;
  let wanted = points;
  for (const block of usable) {
    const used = Math.min(wanted, block.left);
    block.left -= used;
    wanted -= used;
  }
  while (blocks[0]?.left === 0) blocks.shift();
  return true;
}

/** A caller without a block tries again and receives the error. */
const ignore = (): void => undefined;
