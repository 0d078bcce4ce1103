import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { closeWithin } from '../../../src/app/commands/serve.js';
import { RecordingTelemetry } from '../../support/fakes.js';

describe('the end of the server', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('waits for everything that ends', async () => {
    const telemetry = new RecordingTelemetry();
    const close = () => new Promise<void>((resolve) => setTimeout(resolve, 20_000));
    const ended = closeWithin(24_000, { close }, telemetry);
    await vi.advanceTimersByTimeAsync(20_000);
    await ended;
    expect(telemetry.all('shutdown cut off')).toEqual([]);
  });

  it('comes within its limit whatever hangs, and reports what hangs', async () => {
    const telemetry = new RecordingTelemetry();
    const ended = closeWithin(24_000, { close: () => new Promise(() => undefined) }, telemetry);
    await vi.advanceTimersByTimeAsync(24_000);
    await ended;
    expect(telemetry.all('shutdown cut off')).toHaveLength(1);
  });
});
