import type { Telemetry } from '../ports/telemetry.js';

export interface Schedule {
  /** Starts no more runs and waits for the one that is under way. */
  close(): Promise<void>;
}

/** Runs `work` now and then again `periodMs` after each end. A run that fails is logged; the next one comes. */
export function every(periodMs: number, name: string, telemetry: Telemetry, work: () => Promise<void>): Schedule {
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  let run = Promise.resolve();
  const start = () => {
    run = work()
      .catch((cause: unknown) => {
        telemetry.count('schedule_failures', { name });
        telemetry.warn('scheduled work failed; it will be tried again', { name }, cause);
      })
      .then(() => {
        if (!isClosed) timer = setTimeout(start, periodMs);
      });
  };
  start();
  return {
    close: () => {
      isClosed = true;
      clearTimeout(timer);
      return run;
    },
  };
}
