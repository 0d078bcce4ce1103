import type { Telemetry } from '../../ports/telemetry.js';

export interface Schedule {
  /** Starts no more runs and waits for the one that is under way. */
  close(): Promise<void>;
}

export interface Repeated extends Schedule {
  /** Has the next run begin at once, or else a second after the end of the last one. */
  runSoon(): void;
}

const LEAST_PAUSE_MS = 1000;

/** Runs `work` now and then again `periodMs` after each end. A run that fails is logged; the next one comes. */
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
 * Whether so much time has passed since then.
 *
 * @param since ms since the epoch; if that is still to come, the clock was set back, and who knows
 *   how much has passed
 */
export const isOver = (since: number, periodMs: number, now: number): boolean => now - since >= periodMs || since > now;
