import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { warnIfSlow } from '../../../src/app/wiring/slow-opening.js';
import { RecordingTelemetry } from '../../support/fakes.js';

const later = <T>(ms: number, value: T) => new Promise<T>((resolve) => setTimeout(resolve, ms, value));

describe('a database that opens slowly', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is logged with its current step every ten seconds; a fast one is not', async () => {
    const telemetry = new RecordingTelemetry();
    const opened = warnIfSlow(telemetry, async (begin) => {
      begin('checking');
      await later(5_000, 0);
      begin('migrating');
      return later(20_000, 'db');
    });
    await vi.advanceTimersByTimeAsync(2_999);
    expect(telemetry.lines).toEqual([]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await opened).toBe('db');
    expect(telemetry.lines.map(({ message }) => message.split(': ')[1])).toEqual([
      'its pages are checked',
      expect.stringContaining('its tables are made'),
      expect.stringContaining('its tables are made'),
    ]);

    const failing = warnIfSlow(telemetry, () => later(2_000, 0).then(() => Promise.reject(new Error('refused'))));
    failing.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(60_000);
    await expect(failing).rejects.toThrow('refused');
    expect(telemetry.lines).toHaveLength(3);
  });
});
