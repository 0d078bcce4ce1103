import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Keeps the space for new objects at its first size. V8 would let it grow to 48 MB during a start, and give back only a
 * part. The limit itself (`--max-semi-space-size`) can only be set by whoever starts Node.js; the growth can be set by
 * the program, before it has grown.
 */
export function keepNewSpaceSmall(): void {
  isSmall = true;
  keepNewSpaceSmallAgain();
}

/** To be called after a thread has started: V8 then raises the growth to 2. Does nothing without `keepNewSpaceSmall`. */
export function keepNewSpaceSmallAgain(): void {
  if (isSmall) setFlagsFromString('--semi-space-growth-factor=1');
}

/** Lets it grow as V8 would: large lookups need half as much processor time with a large space. */
export function letNewSpaceGrow(): void {
  if (isSmall) setFlagsFromString('--semi-space-growth-factor=2');
  isSmall = false;
}

let isSmall = false;

/** Frees what only the start needed. It takes some 50 ms, in which nothing else runs. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  setFlagsFromString('--compact-on-every-full-gc');
  collect();
  setFlagsFromString('--no-compact-on-every-full-gc');
}
