import { NotAsked } from '../../domain/errors.js';
import type { Clock } from '../../ports/clock.js';
import type { Telemetry } from '../../ports/telemetry.js';

const FAILURES_IN_A_ROW = 3;
const FIRST_REST_MS = 2_000;
const LONGEST_REST_MS = 60_000;

/** A question that the server cannot answer now, and that it was perhaps not asked. */
export class Unaskable extends Error {
  override readonly name = 'Unaskable';
}

/**
 * Keeps everybody from waiting for a server that fails: after a few failures in a row it is left
 * alone for a while, then one question tries it. As long as that fails too, the rests get longer.
 */
export class Breaker {
  private failures = 0;
  private reason = '';
  private restMs = 0;
  /** ms since the epoch; `undefined` as long as it is asked. */
  private restsUntil: number | undefined;
  private isTrying = false;

  constructor(
    private readonly source: string,
    private readonly clock: Clock,
    private readonly telemetry: Telemetry,
  ) {}

  /**
   * @param ask may throw `Unaskable`, which says nothing of the server
   * @throws NotAsked at once while it rests, and otherwise what `ask` throws
   */
  async run<T>(ask: () => Promise<T>): Promise<T> {
    const refusal = this.refusal();
    if (refusal !== undefined) throw new NotAsked(refusal);
    const isTrial = this.restsUntil !== undefined;
    this.isTrying = isTrial;
    try {
      const answer = await ask();
      this.worked();
      return answer;
    } catch (error) {
      if (!(error instanceof Unaskable)) this.failed(error, isTrial);
      throw error;
    } finally {
      if (isTrial) this.isTrying = false;
    }
  }

  /** Why the next question is not asked and when one will be, `undefined` if it is. */
  refusal(): string | undefined {
    if (this.restsUntil === undefined) return undefined;
    const because = `because it failed ${this.failures} times in a row, last: ${this.reason}`;
    if (this.isTrying) return `not asked while another question tries whether it is back, ${because}`;
    const leftMs = this.restsUntil - this.clock.now();
    // A clock that was set back must not keep it at rest for longer than was meant.
    if (leftMs <= 0 || leftMs > this.restMs) return undefined;
    return `not asked before ${new Date(this.restsUntil).toISOString()}, ${because}`;
  }

  /** Why the last questions failed, `undefined` if the last one did not. */
  trouble(): string | undefined {
    return this.failures === 0 ? undefined : this.reason;
  }

  private worked(): void {
    this.failures = 0;
    if (this.restsUntil === undefined) return;
    this.restsUntil = undefined;
    this.telemetry.count('upstream_resumed', { source: this.source });
    this.telemetry.info('an identity server answers again', { source: this.source });
  }

  private failed(error: unknown, isTrial: boolean): void {
    const isResting = this.restsUntil !== undefined;
    // A question from before the rest says nothing new.
    if (isResting && !isTrial) return;
    this.failures += 1;
    this.reason = error instanceof Error ? error.message : String(error);
    if (this.failures < FAILURES_IN_A_ROW) return;
    this.restMs = isResting ? Math.min(this.restMs * 2, LONGEST_REST_MS) : FIRST_REST_MS;
    this.restsUntil = this.clock.now() + this.restMs;
    if (isResting) return;
    this.telemetry.count('upstream_rests', { source: this.source });
    this.telemetry.warn('an identity server fails and is left alone for a while', { source: this.source }, error);
  }
}
