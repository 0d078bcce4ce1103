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

/** A failure that lasts is logged once in this time. */
const LOG_EVERY_MS = 60_000;

/**
 * Runs `work` now, and again `periodMs` after the end of each run. A failed run is logged, and the schedule
 * continues. While it keeps failing, there is a warning once a minute, with the number of failures in a row.
 */
export function runPeriodically(
  periodMs: number,
  name: string,
  telemetry: Telemetry,
  work: () => Promise<void>,
): Repeated {
  let [isClosed, isRunning, isHurried] = [false, false, false];
  let [endedAt, failures, loggedAt] = [0, 0, 0];
  let timer: NodeJS.Timeout | undefined;
  let run = Promise.resolve();
  telemetry.count('schedule_failures', { name }, 0);
  const logFailure = (cause: unknown) => {
    telemetry.count('schedule_failures', { name });
    failures += 1;
    if (failures > 1 && performance.now() - loggedAt < LOG_EVERY_MS) return;
    loggedAt = performance.now();
    telemetry.warn('scheduled work failed, will be retried', { event: 'schedule_failed', name, failures }, cause);
  };
  const start = () => {
    [isRunning, isHurried] = [true, false];
    run = work()
      .then(
        () => (failures = 0),
        (cause: unknown) => logFailure(cause),
      )
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
