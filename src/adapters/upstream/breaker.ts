import { NotAsked } from '../../domain/errors.js';
import type { Clock } from '../../ports/clock.js';
import type { Telemetry } from '../../ports/telemetry.js';

const FAILURES_IN_A_ROW = 3;
const FIRST_REST_MS = 2_000;
const LONGEST_REST_MS = 60_000;
/** Whoever says so could as well be wrong. */
const LONGEST_PUT_OFF_MS = 10 * 60_000;

/** A question that the server cannot answer now, and that it was perhaps not asked. */
export class Unaskable extends Error {
  override readonly name = 'Unaskable';
}

/** An answer that asks for fewer questions: the server works, and is to be asked later. */
export class PutOff extends Error {
  override readonly name = 'PutOff';

  constructor(
    message: string,
    /** `undefined` if it does not say when. */
    readonly waitMs: number | undefined,
  ) {
    super(message);
  }
}

/**
 * Keeps everybody from waiting for a server that fails: after a few failures in a row it is left
 * alone for a while, then one question tries it. As long as that fails too, the rests get longer.
 * One that puts off a question is left alone until then.
 */
export class Breaker {
  private failures = 0;
  private reason = '';
  private restMs = 0;
  /** ms since the epoch; `undefined` as long as it is asked. */
  private restsUntil: number | undefined;
  private isTrying = false;
  private isPutOff = false;

  constructor(
    private readonly source: string,
    private readonly clock: Clock,
    private readonly telemetry: Telemetry,
  ) {}

  /**
   * @param ask may throw `Unaskable`, which says nothing of the server
   * @throws NotAsked at once while it rests, and when it is put off; otherwise what `ask` throws
   */
  async run<T>(ask: () => Promise<T>): Promise<T> {
    const refusal = this.refusal();
    if (refusal !== undefined) throw new NotAsked(refusal);
    const isTrial = this.restsUntil !== undefined;
    this.isTrying = isTrial;
    try {
      const answer = await ask();
      this.worked(isTrial);
      return answer;
    } catch (error) {
      if (error instanceof PutOff) {
        this.putOff(error, isTrial);
        throw new NotAsked(error.message, { cause: error });
      }
      if (!(error instanceof Unaskable)) this.failed(error, isTrial);
      throw error;
    } finally {
      if (isTrial) this.isTrying = false;
    }
  }

  /** Why the next question is not asked and when one will be, `undefined` if it is. */
  refusal(): string | undefined {
    if (this.restsUntil === undefined) return undefined;
    const because = this.isPutOff
      ? `because it asks for fewer questions: ${this.reason}`
      : `because it failed ${this.failures} times in a row, last: ${this.reason}`;
    if (this.isTrying) return `not asked while another question tries whether it is back, ${because}`;
    const leftMs = this.restsUntil - this.clock.now();
    // A clock that was set back must not keep it at rest for longer than was meant.
    if (leftMs <= 0 || leftMs > this.restMs) return undefined;
    return `not asked before ${new Date(this.restsUntil).toISOString()}, ${because}`;
  }

  /** Why the last questions failed or were put off, `undefined` if the last one was not. */
  trouble(): string | undefined {
    return this.failures === 0 && !this.isPutOff ? undefined : this.reason;
  }

  private worked(isTrial: boolean): void {
    // A question from before it asked for fewer says nothing of those that come.
    if (this.isPutOff && !isTrial) return;
    this.isPutOff = false;
    this.failures = 0;
    if (this.restsUntil === undefined) return;
    this.restsUntil = undefined;
    this.telemetry.count('upstream_resumed', { source: this.source });
    this.telemetry.info('an identity server answers again', { source: this.source });
  }

  private failed(error: unknown, isTrial: boolean): void {
    // A question from before the rest says nothing new.
    if (this.restsUntil !== undefined && !isTrial) return;
    this.isPutOff = false;
    this.failures += 1;
    this.reason = error instanceof Error ? error.message : String(error);
    if (this.failures < FAILURES_IN_A_ROW && this.restsUntil === undefined) return;
    this.rest(this.longer(), 'an identity server fails and is left alone for a while', error);
  }

  private putOff(error: PutOff, isTrial: boolean): void {
    if (this.restsUntil !== undefined && !isTrial) return;
    this.isPutOff = true;
    this.reason = error.message;
    const waitMs = Math.min(Math.max(error.waitMs ?? this.longer(), FIRST_REST_MS), LONGEST_PUT_OFF_MS);
    this.rest(waitMs, 'an identity server asks for fewer questions and is left alone for a while', error);
  }

  private longer(): number {
    return this.restsUntil === undefined ? FIRST_REST_MS : Math.min(this.restMs * 2, LONGEST_REST_MS);
  }

  private rest(restMs: number, message: string, error: unknown): void {
    const isResting = this.restsUntil !== undefined;
    this.restMs = restMs;
    this.restsUntil = this.clock.now() + restMs;
    if (isResting) return;
    this.telemetry.count('upstream_rests', { source: this.source });
    this.telemetry.warn(message, { source: this.source }, error);
  }
}
