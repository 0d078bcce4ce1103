import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { scheduleSealing } from '../../../src/app/background/sealing-schedule.js';
import { RecordingTelemetry } from '../../support/fakes.js';

const MINUTE_MS = 60_000;

describe('the sealing of secrets that older versions stored', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const scheduled = (hasSiblings: boolean) => {
    let runs = 0;
    const seal = async () => void (runs += 1);
    const schedule = scheduleSealing(seal, hasSiblings, { now: () => Date.now() }, new RecordingTelemetry());
    return { schedule, runs: () => runs };
  };

  it('starts at once if no other instance uses the database', async () => {
    const { schedule, runs } = scheduled(false);
    await vi.advanceTimersByTimeAsync(0);
    expect(runs()).toBe(1);
    await schedule.close();
  });

  it('begins after an hour if an older instance may be running', async () => {
    const { schedule, runs } = scheduled(true);
    await vi.advanceTimersByTimeAsync(59 * MINUTE_MS);
    expect(runs()).toBe(0);
    await vi.advanceTimersByTimeAsync(62 * MINUTE_MS);
    expect(runs()).toBeGreaterThan(0);
    await schedule.close();
  });
});
