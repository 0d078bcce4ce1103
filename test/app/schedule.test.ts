import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { every, isOver } from '../../src/app/schedule.js';
import { Heard } from '../support/fakes.js';

const MINUTE_MS = 60_000;

describe('work that is repeated', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** Work that counts its runs, and ends each only when the test says so. */
  function repeated(heard = new Heard()) {
    const ends: ((error?: Error) => void)[] = [];
    let runs = 0;
    const schedule = every(MINUTE_MS, 'work', heard, () => {
      runs += 1;
      return new Promise((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve())));
    });
    const end = async (error?: Error) => {
      ends.shift()?.(error);
      await vi.advanceTimersByTimeAsync(0);
    };
    return { schedule, runs: () => runs, end, pass: (ms: number) => vi.advanceTimersByTimeAsync(ms) };
  }

  it('runs now and a period after each end, also if it fails', async () => {
    const heard = new Heard();
    const { runs, end, pass } = repeated(heard);
    expect(runs()).toBe(1);
    await pass(2 * MINUTE_MS);
    expect(runs()).toBe(1);
    await end(new Error('no'));
    await pass(MINUTE_MS - 1);
    expect(runs()).toBe(1);
    await pass(1);
    expect(runs()).toBe(2);
    expect(heard.counted).toEqual([{ name: 'schedule_failures', labels: { name: 'work' } }]);
  });

  it('runs at once where it is hurried, and then goes on as before', async () => {
    const { schedule, runs, end, pass } = repeated();
    await end();
    await pass(10_000);
    schedule.hurry();
    schedule.hurry();
    await pass(0);
    expect(runs()).toBe(2);
    await end();
    await pass(MINUTE_MS - 1);
    expect(runs()).toBe(2);
    await pass(1);
    expect(runs()).toBe(3);
  });

  it('runs again after the run during which it is hurried, but not more often than once a second', async () => {
    const { schedule, runs, end, pass } = repeated();
    schedule.hurry();
    await pass(0);
    expect(runs()).toBe(1);
    await end();
    schedule.hurry();
    await pass(999);
    expect(runs()).toBe(1);
    await pass(1);
    expect(runs()).toBe(2);
  });

  it('runs no more once it is closed, however it is hurried', async () => {
    const { schedule, runs, end, pass } = repeated();
    const closing = schedule.close();
    schedule.hurry();
    await end();
    await closing;
    schedule.hurry();
    await pass(2 * MINUTE_MS);
    expect(runs()).toBe(1);
  });
});

describe('a length of time', () => {
  it.each([
    ['is over when it has passed', 1_000, true],
    ['is not over before', 999, false],
    ['is over by a clock that was set back: who knows when it began', -1, true],
  ])('%s', (_case, passedMs, isItOver) => {
    expect(isOver(5_000, 1_000, 5_000 + passedMs)).toBe(isItOver);
  });
});
