import type { Telemetry } from '../../ports/telemetry.js';

export interface Schedule {
  /** Starts no more runs and waits for the current one. */
  close(): Promise<void>;
}

export interface Repeated extends Schedule {
  /** Starts the next run now, but not earlier than one second after the end of the last run. */
  runSoon(): void;
}

const LEAST_PAUSE_MS = 1000;

/**
 * Runs `work` now, and again `periodMs` after the end of each run. A failed run is logged, and the schedule
 * continues.
 */
export function runPeriodically(
  periodMs: number,
  name: string,
  telemetry: Telemetry,
  work: () => Promise<void>,
): Repeated {
  let [isClosed, isRunning, isHurried] = [false, false, false];
  let endedAt = 0;
  let timer: NodeJS.Timeout | undefined;
  let run = Promise.resolve();
  telemetry.count('schedule_failures', { name }, 0);
  const start = () => {
    [isRunning, isHurried] = [true, false];
    run = work()
      .catch((cause: unknown) => {
        telemetry.count('schedule_failures', { name });
        telemetry.warn('scheduled work failed, will be retried', { event: 'schedule_failed', name }, cause);
      })
      .then(() => {
        isRunning = false;
        endedAt = performance.now();
        plan();
      });
  };
  const plan = () => {
    clearTimeout(timer);
    if (isClosed) return;
    const soonest = Math.max(0, endedAt + LEAST_PAUSE_MS - performance.now());
    timer = setTimeout(start, isHurried ? Math.min(soonest, periodMs) : periodMs);
  };
  start();
  return {
    runSoon: () => {
      if (isHurried) return;
      isHurried = true;
      if (!isRunning) plan();
    },
    close: () => {
      isClosed = true;
      clearTimeout(timer);
      return run;
    },
  };
}

/**
 * Whether this period has passed.
 *
 * @param since ms since the epoch; if it is in the future, the clock was set back, and the period counts as passed
 */
export const isOver = (since: number, periodMs: number, now: number): boolean => now - since >= periodMs || since > now;
