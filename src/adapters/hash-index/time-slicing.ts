import { setImmediate } from 'node:timers/promises';

const STEP_MS = 2;

/** Does work to its end, letting everything else run every few milliseconds. */
export async function runTimeSliced(work: Iterator<void>): Promise<void> {
  let until = performance.now() + STEP_MS;
  while (!work.next().done) {
    if (performance.now() < until) continue;
    await setImmediate();
    until = performance.now() + STEP_MS;
  }
}
