import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Connection } from '../../../src/adapters/ldap/connection/connection.js';
import { Deadline } from '../../../src/adapters/shared/deadline.js';
import { mapLimited } from '../../../src/adapters/shared/concurrency.js';
import { Pool } from '../../../src/adapters/ldap/connection/pool.js';
import type { ServerFailover } from '../../../src/adapters/ldap/connection/server-failover.js';

/** A connection without a server. */
class Line {
  isOpen = true;
  isLost = false;
  readonly url = 'ldap://here';

  get hasFailed(): boolean {
    return this.isLost;
  }

  close(): void {
    this.isOpen = false;
  }
}

class Exchange {
  readonly areSeveral = false;
  readonly lines: Line[] = [];
  /** Delays requests for a connection. */
  hold: Promise<void> | undefined;

  async open(): Promise<Connection> {
    await this.hold;
    this.lines.push(new Line());
    return this.lines.at(-1) as unknown as Connection;
  }

  answered(): void {}

  doubt(): void {}
}

describe('a connection pool', () => {
  let exchange: Exchange;
  let pool: Pool;
  beforeEach(() => {
    vi.useFakeTimers();
    exchange = new Exchange();
    pool = new Pool(exchange as unknown as ServerFailover, 2, 1_000);
  });
  afterEach(() => {
    pool.close();
    vi.useRealTimers();
  });

  const ask = (answer: unknown = 'yes', limitMs = 1_000) => pool.use(new Deadline(limitMs), async () => answer);

  it('keeps a connection for the next request', async () => {
    for (let question = 0; question < 5; question++) expect(await ask()).toBe('yes');
    expect(exchange.lines).toHaveLength(1);
  });

  it('opens no more connections than the limit', async () => {
    await Promise.all(Array.from({ length: 50 }, () => ask()));
    expect(exchange.lines).toHaveLength(2);
  });

  it('stops waiting for a free connection at the deadline', async () => {
    for (const _ of [1, 2]) void pool.use(new Deadline(1e9), () => new Promise(() => undefined));
    const [late] = await Promise.allSettled([ask('yes', 1_000), vi.advanceTimersByTimeAsync(1_000)]);
    expect(late).toMatchObject({ reason: { message: 'no connection was free within 1 s' } });
  });

  it('keeps a connection that opened too late for its request', async () => {
    let release = (): void => undefined;
    exchange.hold = new Promise((resolve) => (release = resolve));
    const [late] = await Promise.allSettled([ask('yes', 100), vi.advanceTimersByTimeAsync(100)]);
    expect(late).toMatchObject({ reason: { message: 'no answer within 0.1 s' } });
    release();
    await vi.advanceTimersByTimeAsync(0);
    expect(await ask()).toBe('yes');
    expect(exchange.lines).toHaveLength(1);
  });

  it('does not keep a connection on which a request failed', async () => {
    await expect(pool.use(new Deadline(1_000), () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(exchange.lines[0]?.isOpen).toBe(false);
    expect(await ask()).toBe('yes');
  });

  it('closes its other connections to a server after one was lost', async () => {
    await Promise.all([ask(), ask()]);
    const failing = pool.use(new Deadline(1_000), async (connection) => {
      const line = connection as unknown as Line;
      if (exchange.lines.indexOf(line) > 1) return 'anew';
      line.isLost = true;
      throw new Error('lost');
    });
    expect(await failing).toBe('anew');
    expect(exchange.lines.map(({ isOpen }) => isOpen)).toEqual([false, false, true]);
  });

  it('closes connections that were idle for a minute', async () => {
    await ask();
    await vi.advanceTimersByTimeAsync(59_000);
    expect(exchange.lines[0]?.isOpen).toBe(true);
    await vi.advanceTimersByTimeAsync(61_000);
    expect(exchange.lines[0]?.isOpen).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps nothing after it was closed', async () => {
    await ask();
    pool.close();
    expect(exchange.lines[0]?.isOpen).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('work in chunks', () => {
  it('is done in order, a few chunks at a time', async () => {
    let most = 0;
    let running = 0;
    const results = await mapLimited([3, 1, 2, 0], 2, async (item) => {
      most = Math.max(most, ++running);
      for (let turn = 0; turn < item; turn++) await Promise.resolve();
      running -= 1;
      return item * 2;
    });
    expect(results).toEqual([6, 2, 4, 0]);
    expect(most).toBe(2);
  });

  it('stops after a chunk has failed', async () => {
    const begun: number[] = [];
    const work = async (item: number) => {
      begun.push(item);
      await Promise.resolve();
      if (item === 1) throw new Error('no');
      await Promise.resolve();
    };
    await expect(mapLimited([1, 2, 3, 4], 2, work)).rejects.toThrow('no');
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toEqual([1, 2]);
  });
});
