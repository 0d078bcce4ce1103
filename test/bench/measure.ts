import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How long something takes, in ms. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await work();
  return performance.now() - since;
}

export async function median(runs: number, measure: () => Promise<number>): Promise<number> {
  const figures: number[] = [];
  for (let run = 0; run < runs; run++) figures.push(await measure());
  return figures.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? Number.NaN;
}

/** The longest time, in ms, for which the event loop of this process did nothing else, until `stop`. */
export function longestPause() {
  const resolution = 1;
  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  return {
    stop: (): number => {
      delay.disable();
      return delay.max / 1e6 - resolution;
    },
  };
}
