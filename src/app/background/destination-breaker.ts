import { isPaused, pauseAfter } from '../../domain/shared/backoff.js';
import type { Clock } from '../../ports/clock.js';

const FIRST_OPEN_MS = 5_000;
/** Limited because strangers choose the names of destinations. */
const MOST_REMEMBERED = 10_000;

interface OpenCircuit {
  readonly failures: number;
  readonly until: number;
  readonly openMs: number;
}

/**
 * Circuit breakers for the destinations of jobs. While the circuit of a destination is open, no job runs for it. Then
 * one job tries it. Each further failure makes the pause longer, up to a limit.
 */
export class DestinationBreaker {
  private readonly circuits = new Map<string, OpenCircuit>();

  constructor(private readonly clock: Clock) {}

  /** The end of the pause of a destination, in ms since the epoch; `undefined` if it is not paused. */
  openUntil(destination: string): number | undefined {
    const circuit = this.circuits.get(destination);
    if (!circuit) return undefined;
    return isPaused(circuit.until, this.clock.now(), circuit.openMs) ? circuit.until : undefined;
  }

  /** Whether the last attempt failed. If so, one job at a time is enough. */
  hasFailed(destination: string): boolean {
    return this.circuits.has(destination);
  }

  succeeded(destination: string): void {
    this.circuits.delete(destination);
  }

  /** @returns the end of the pause of the destination, in ms since the epoch */
  failed(destination: string, longestOpenMs: number): number {
    const openUntil = this.openUntil(destination);
    // A job that was already running when the pause began gives no new information.
    if (openUntil !== undefined) return openUntil;
    const failures = (this.circuits.get(destination)?.failures ?? 0) + 1;
    const openMs = pauseAfter({ firstMs: FIRST_OPEN_MS, longestMs: longestOpenMs }, failures);
    const until = this.clock.now() + openMs;
    this.circuits.delete(destination);
    this.circuits.set(destination, { failures, until, openMs });
    const [oldest] = this.circuits.keys();
    if (this.circuits.size > MOST_REMEMBERED && oldest !== undefined) this.circuits.delete(oldest);
    return until;
  }
}
