import { setTimeout as pause } from 'node:timers/promises';
import { residentMB } from './servers.js';

const EVERY_MS = 100;

export interface Memory {
  /** During the whole measurement, in MB. */
  readonly meanMB: number;
  readonly peakMB: number;
}

/**
 * Measures the resident memory of programs ten times a second. A single value depends on when each last collected its
 * garbage: at the end of the same load it was between 143 and 211 MB for the bare server.
 *
 * @returns a function that ends the measurement. Call it before the programs end, also after a failure
 */
export function watchMemory(pids: readonly number[]): () => Promise<Memory> {
  const values: number[] = [];
  let isEnding = false;
  const watching = (async () => {
    while (!isEnding) {
      values.push(await residentMB(pids));
      await pause(EVERY_MS);
    }
  })();
  return async () => {
    isEnding = true;
    await watching;
    return { meanMB: values.reduce((sum, value) => sum + value, 0) / values.length, peakMB: Math.max(...values) };
  };
}
