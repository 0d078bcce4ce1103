import { setImmediate } from 'node:timers/promises';

const STEP_MS = 2;

/** Runs work to its end, and yields to the event loop every few milliseconds. */
export async function runTimeSliced(work: Iterator<void>): Promise<void> {
  let until = performance.now() + STEP_MS;
  while (!work.next().done) {
    if (performance.now() < until) continue;
    await setImmediate();
    until = performance.now() + STEP_MS;
  }
}
