import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runPeriodically, isOver } from '../../../src/app/background/periodic.js';
import { RecordingTelemetry } from '../../support/fakes.js';

const MINUTE_MS = 60_000;

describe('periodic work', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** Work that counts its runs, and ends each only when the test says so. */
  function repeated(recorded = new RecordingTelemetry()) {
    const ends: ((error?: Error) => void)[] = [];
    let runs = 0;
    const schedule = runPeriodically(MINUTE_MS, 'work', recorded, () => {
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
    const recorded = new RecordingTelemetry();
    const { runs, end, pass } = repeated(recorded);
    expect(runs()).toBe(1);
    await pass(2 * MINUTE_MS);
    expect(runs()).toBe(1);
    await end(new Error('no'));
    await pass(MINUTE_MS - 1);
    expect(runs()).toBe(1);
    await pass(1);
    expect(runs()).toBe(2);
    expect(recorded.counted).toEqual([{ name: 'schedule_failures', labels: { name: 'work' } }]);
  });

  it('logs each minute that it still fails, and counts each failure', async () => {
    const recorded = new RecordingTelemetry();
    const { schedule, end, pass } = repeated(recorded);
    const fail = async (error = new Error('no')) => {
      await end(error);
      schedule.runSoon();
      await pass(1000);
    };
    const logged = () => recorded.all('scheduled work failed, will be retried').map(({ failures }) => failures);
    for (let second = 0; second < 60; second++) await fail();
    expect(logged()).toEqual([1]);
    await fail();
    expect(logged()).toEqual([1, 61]);
    expect(recorded.counted).toHaveLength(61);
    await end();
    schedule.runSoon();
    await pass(1000);
    await fail();
    expect(logged()).toEqual([1, 61, 1]);
  });

  it('runs at once on request, and then at the usual times', async () => {
    const { schedule, runs, end, pass } = repeated();
    await end();
    await pass(10_000);
    schedule.runSoon();
    schedule.runSoon();
    await pass(0);
    expect(runs()).toBe(2);
    await end();
    await pass(MINUTE_MS - 1);
    expect(runs()).toBe(2);
    await pass(1);
    expect(runs()).toBe(3);
  });

  it('runs again after a run during which it was requested, but not more often than once a second', async () => {
    const { schedule, runs, end, pass } = repeated();
    schedule.runSoon();
    await pass(0);
    expect(runs()).toBe(1);
    await end();
    schedule.runSoon();
    await pass(999);
    expect(runs()).toBe(1);
    await pass(1);
    expect(runs()).toBe(2);
  });

  it('does not run once it is closed, even on request', async () => {
    const { schedule, runs, end, pass } = repeated();
    const closing = schedule.close();
    schedule.runSoon();
    await end();
    await closing;
    schedule.runSoon();
    await pass(2 * MINUTE_MS);
    expect(runs()).toBe(1);
  });
});

describe('a period', () => {
  it.each([
    ['is over when its time has passed', 1_000, true],
    ['is not over before its time has passed', 999, false],
    ['is over after the clock was set back, because its start is unknown then', -1, true],
  ])('%s', (_case, passedMs, isItOver) => {
    expect(isOver(5_000, 1_000, 5_000 + passedMs)).toBe(isItOver);
  });
});
