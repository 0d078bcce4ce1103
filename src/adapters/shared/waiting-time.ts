import { performance } from 'node:perf_hooks';

/**
 * Measures how long something waits for others.
 *
 * @returns a function that gives the ms since this call, without those in which this process itself was busy
 */
export function startWaiting(): () => number {
  const [since, loop] = [performance.now(), performance.eventLoopUtilization()];
  return () => Math.max(0, performance.now() - since - performance.eventLoopUtilization(loop).active);
}
