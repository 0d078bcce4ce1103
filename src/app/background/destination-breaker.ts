import { isPaused, pauseAfter } from '../../domain/shared/backoff.js';
import type { Clock } from '../../ports/clock.js';

const FIRST_REST_MS = 5_000;
/** Limited because strangers choose the names of destinations. */
const MOST_REMEMBERED = 10_000;

interface Rest {
  readonly failures: number;
  readonly until: number;
  readonly restMs: number;
}

/**
 * Circuit breakers for the destinations of jobs. While the circuit of a destination is open, no job runs for it. Then
 * one job tries it. Each further failure makes the pause longer, up to a limit.
 */
export class DestinationBreaker {
  private readonly rests = new Map<string, Rest>();

  constructor(private readonly clock: Clock) {}

  /** The end of the pause of a destination, in ms since the epoch; `undefined` if it is not paused. */
  restsUntil(destination: string): number | undefined {
    const rest = this.rests.get(destination);
    if (!rest) return undefined;
    return isPaused(rest.until, this.clock.now(), rest.restMs) ? rest.until : undefined;
  }

  /** Whether the last attempt failed. If so, one job at a time is enough. */
  isDoubtful(destination: string): boolean {
    return this.rests.has(destination);
  }

  succeeded(destination: string): void {
    this.rests.delete(destination);
  }

  /** @returns the end of the pause of the destination, in ms since the epoch */
  failed(destination: string, longestRestMs: number): number {
    const resting = this.restsUntil(destination);
    // A job that was already running when the pause began gives no new information.
    if (resting !== undefined) return resting;
    const failures = (this.rests.get(destination)?.failures ?? 0) + 1;
    const restMs = pauseAfter({ firstMs: FIRST_REST_MS, longestMs: longestRestMs }, failures);
    const until = this.clock.now() + restMs;
    this.rests.delete(destination);
    this.rests.set(destination, { failures, until, restMs });
    const [oldest] = this.rests.keys();
    if (this.rests.size > MOST_REMEMBERED && oldest !== undefined) this.rests.delete(oldest);
    return until;
  }
}
