import { isPaused, pauseAfter } from '../../domain/shared/backoff.js';
import { SourceUnavailableError } from '../../domain/shared/errors.js';
import type { Clock } from '../../ports/clock.js';
import type { Telemetry } from '../../ports/telemetry.js';
import { errorText } from '../../domain/shared/error-text.js';

const FAILURES_IN_A_ROW = 3;
const BACKOFF = { firstMs: 2_000, longestMs: 60_000 };
/** Upper limit for a retry delay sent by a server: the value may be wrong. */
const LONGEST_RATE_LIMIT_MS = 10 * 60_000;

/** The server cannot answer this question now. The question was possibly not sent. */
export class UnsupportedPepperError extends Error {
  override readonly name = 'UnsupportedPepperError';
}

/** The server asks for fewer requests: it works, and the request can be repeated later. */
export class RateLimitedError extends Error {
  override readonly name = 'RateLimitedError';

  constructor(
    message: string,
    /** `undefined` if the server gave no delay. */
    readonly waitMs: number | undefined,
  ) {
    super(message);
  }
}

/**
 * Circuit breaker: after several consecutive failures no requests are sent for a while, then a single trial request is
 * sent. As long as trial requests fail, the pauses get longer. After a rate-limit response no requests are sent until
 * the delay has passed.
 */
export class CircuitBreaker {
  private failures = 0;
  private reason = '';
  /** Number of consecutive times the circuit was opened. */
  private openings = 0;
  private openMs = 0;
  /** ms since the epoch; `undefined` while the circuit is closed. */
  private openUntil: number | undefined;
  private isTrying = false;
  private isRateLimited = false;

  constructor(
    private readonly source: string,
    private readonly clock: Clock,
    private readonly telemetry: Telemetry,
  ) {}

  /**
   * @param ask may throw `UnsupportedPepperError`, which does not count as a failure of the server
   * @throws SourceUnavailableError immediately while the circuit is open, and after a rate-limit response; otherwise
   * what `ask` throws
   */
  async run<T>(ask: () => Promise<T>): Promise<T> {
    return this.attempt(ask, false);
  }

  /**
   * The same for a probe by Islet itself. Its success closes the circuit. Its failure does not count while the circuit
   * is closed.
   */
  async probe(ask: () => Promise<void>): Promise<void> {
    await this.attempt(ask, true);
  }

  private async attempt<T>(ask: () => Promise<T>, isProbe: boolean): Promise<T> {
    const refusal = this.refusal();
    if (refusal !== undefined) throw new SourceUnavailableError(refusal);
    const isHalfOpen = this.openUntil !== undefined;
    this.isTrying = isHalfOpen;
    try {
      const answer = await ask();
      this.recovered(isHalfOpen);
      return answer;
    } catch (error) {
      if (error instanceof RateLimitedError) {
        this.rateLimited(error, isHalfOpen);
        throw new SourceUnavailableError(error.message, { cause: error });
      }
      const counts = isHalfOpen || !isProbe;
      if (counts && !(error instanceof UnsupportedPepperError)) this.failed(error, isHalfOpen);
      throw error;
    } finally {
      if (isHalfOpen) this.isTrying = false;
    }
  }

  /** Why the next request is not sent and when one will be; `undefined` if it is sent. */
  refusal(): string | undefined {
    if (this.openUntil === undefined) return undefined;
    const because = this.isRateLimited
      ? `because it asked for fewer requests: ${this.reason}`
      : `because it failed ${this.failures} times in a row, most recently: ${this.reason}`;
    if (this.isTrying) return `not asked while a test request is running, ${because}`;
    if (!isPaused(this.openUntil, this.clock.now(), this.openMs)) return undefined;
    return `not asked before ${new Date(this.openUntil).toISOString()}, ${because}`;
  }

  /** Why the last requests failed or were rate limited; `undefined` if the last one succeeded. */
  problem(): string | undefined {
    return this.failures === 0 && !this.isRateLimited ? undefined : this.reason;
  }

  private recovered(isHalfOpen: boolean): void {
    // The result of a request that started before the rate-limit response does not end the delay.
    if (this.isRateLimited && !isHalfOpen) return;
    this.isRateLimited = false;
    this.failures = 0;
    if (this.openUntil === undefined) return;
    this.openUntil = undefined;
    this.openings = 0;
    this.telemetry.count('upstream_circuit_closed', { source: this.source });
    this.telemetry.info('circuit closed: upstream answers again', {
      event: 'upstream_circuit_closed',
      source: this.source,
    });
  }

  private failed(error: unknown, isHalfOpen: boolean): void {
    // A request started before the circuit opened adds no information.
    if (this.openUntil !== undefined && !isHalfOpen) return;
    this.isRateLimited = false;
    this.failures += 1;
    this.reason = errorText(error);
    if (this.failures < FAILURES_IN_A_ROW && this.openUntil === undefined) return;
    this.open(this.longer(), 'circuit opened: upstream failed, requests are paused', error);
  }

  private rateLimited(error: RateLimitedError, isHalfOpen: boolean): void {
    if (this.openUntil !== undefined && !isHalfOpen) return;
    this.isRateLimited = true;
    this.reason = error.message;
    const waitMs = Math.min(Math.max(error.waitMs ?? this.longer(), BACKOFF.firstMs), LONGEST_RATE_LIMIT_MS);
    this.open(waitMs, 'circuit opened: upstream asked for fewer requests', error);
  }

  private longer(): number {
    return pauseAfter(BACKOFF, this.openings + 1);
  }

  private open(openMs: number, message: string, error: unknown): void {
    const isBackingOff = this.openUntil !== undefined;
    this.openMs = openMs;
    this.openings += 1;
    this.openUntil = this.clock.now() + openMs;
    if (isBackingOff) return;
    this.telemetry.count('upstream_circuit_opened', { source: this.source });
    this.telemetry.warn(message, { event: 'upstream_circuit_opened', source: this.source }, error);
  }
}
