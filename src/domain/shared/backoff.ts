/** Delays between attempts that double from `firstMs` up to `longestMs`. */
export interface Backoff {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** The delay after this many consecutive failures, starting at 1. */
export const pauseAfter = ({ firstMs, longestMs }: Backoff, failures: number): number =>
  Math.min(firstMs * 2 ** Math.min(Math.max(failures, 1) - 1, 60), longestMs);

/**
 * Whether a pause until `until` still lasts. If the clock was set back, a pause is never longer than `longestMs`.
 *
 * @param until ms since the epoch
 */
export const isPaused = (until: number, now: number, longestMs: number): boolean => {
  const leftMs = until - now;
  return leftMs > 0 && leftMs <= longestMs;
};
