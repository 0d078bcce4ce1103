/** Pauses between attempts that double from `firstMs` up to `longestMs`. */
export interface Backoff {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** How long to pause after so many failures in a row, the first one counted as 1. */
export const pauseAfter = ({ firstMs, longestMs }: Backoff, failures: number): number =>
  Math.min(firstMs * 2 ** Math.min(Math.max(failures, 1) - 1, 60), longestMs);

/**
 * Whether a pause until `until` still lasts. A clock that was set back makes no pause longer than the
 * longest that there is.
 *
 * @param until ms since the epoch
 */
export const isPaused = (until: number, now: number, longestMs: number): boolean => {
  const leftMs = until - now;
  return leftMs > 0 && leftMs <= longestMs;
};
