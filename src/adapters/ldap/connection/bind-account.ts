import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../../../ports/clock.js';
import { isPaused } from '../../../domain/shared/backoff.js';
import { codeOf, isPasswordCorrect } from './ldap-error.js';
import { MINUTE_MS } from '../../../domain/shared/durations.js';

/** A password and its origin, e.g. `file /etc/islet/ldap-password`. */
export interface BindPassword {
  readonly value: string;
  readonly from?: string | undefined;
}

/**
 * Pause in minutes after each consecutive refusal. Directories often lock accounts after a few wrong attempts (five is
 * usual) and reset the counter after about an hour, so there are fewer than five attempts in any hour.
 */
const PAUSES_MIN = [5, 10, 25, 60] as const;
/** How long an attempt delays the next one while the password is not known to be correct. */
const UNCONFIRMED_WAIT_MS = 150;
/** A server that does not answer within this time is unresponsive: it has not refused the password. */
const UNRESPONSIVE_MS = 1_500;
/** The maximum of concurrent attempts and refusals together: even if all are refused, there are fewer than five. */
const MOST_AT_RISK = 4;
const LONGEST_PAUSE_MS = 60 * MINUTE_MS;
/** RFC 4511, appendix A.1. */
const INVALID_CREDENTIALS = 49;

/**
 * The bind account for all servers of one directory. A refusal by any server counts for all: only one attempt runs at a
 * time until the password is accepted, and then only a few, because it may have been changed in the directory since.
 * After a refusal there are no attempts for a while, unless the password has changed here.
 */
export class BindAccount {
  private password: BindPassword;
  private turn: Promise<unknown> = Promise.resolve();
  /** Attempts in progress. */
  private atRisk = 0;
  private onEnd = new Set<() => void>();
  private refusals = 0;
  private refusal: Error | undefined;
  private pausedUntil = 0;
  private isAccepted = false;

  /** @param reread returns the current password from where it is stored; absent if it is a constant */
  constructor(
    readonly dn: string,
    password: BindPassword,
    private readonly clock: Clock = { now: () => Date.now() },
    private readonly reread?: () => BindPassword,
  ) {
    this.password = password;
  }

  /** The password for the next attempt. */
  get current(): BindPassword {
    return this.password;
  }

  /** Whether the password in use is still what is stored. */
  get isCurrent(): boolean {
    return (this.reread?.() ?? this.password).value === this.password.value;
  }

  /** Whether the password was accepted and has not been refused since. */
  get isGood(): boolean {
    return this.isAccepted;
  }

  /**
   * The reason why no attempt is made now; `undefined` if an attempt is allowed. First checks whether the password has
   * changed.
   */
  get pause(): string | undefined {
    if (!isPaused(this.pausedUntil, this.clock.now(), LONGEST_PAUSE_MS) || this.refresh()) return undefined;
    const next = new Date(this.pausedUntil).toISOString().slice(11, 16);
    return `not tried again before ${next} UTC or with another password, so that the directory does not lock the account`;
  }

  /** The response of the server to the last refused attempt. */
  get refusedWith(): Error | undefined {
    return this.refusal;
  }

  /**
   * Binds with the password: a few attempts at a time while it is known to be good, otherwise one. An attempt on a server
   * that does not respond blocks the others only briefly.
   *
   * @throws what `bind` throws; BindPausedError if no attempt is allowed
   */
  async use(bind: (password: BindPassword) => Promise<void>): Promise<void> {
    const entered = this.turn.then(() => this.enter());
    this.turn = entered;
    const leave = await entered;
    try {
      await this.attempt(bind);
    } finally {
      leave();
    }
  }

  /** Ends the pause and reads the password again, at the request of the operator. */
  reload(): void {
    this.refresh();
    this.pausedUntil = 0;
  }

  /** Reads the password again. @returns whether it has changed; a changed password may be tried immediately */
  refresh(): boolean {
    const now = this.reread?.();
    if (now === undefined || now.value === this.password.value) return false;
    [this.password, this.pausedUntil] = [now, 0];
    return true;
  }

  /** Records a refusal. A correct password of an account that is disabled or has expired locks nothing: no pause. */
  recordRefusal(cause: Error): void {
    [this.isAccepted, this.refusal] = [false, cause];
    if (isPasswordCorrect(cause)) return;
    this.refusals += 1;
    const minutes = PAUSES_MIN[Math.min(this.refusals, PAUSES_MIN.length) - 1] ?? 60;
    this.pausedUntil = this.clock.now() + minutes * MINUTE_MS;
  }

  /** Waits until an attempt may begin. @returns a function to call when it has ended */
  private async enter(): Promise<() => void> {
    if (!this.isAccepted && this.atRisk > 0) {
      await Promise.race([this.nextEnd(), setTimeout(UNCONFIRMED_WAIT_MS, undefined, { ref: false })]);
    }
    while (this.atRisk >= Math.max(1, MOST_AT_RISK - this.refusals)) await this.nextEnd();
    this.atRisk += 1;
    let isOver = false;
    const leave = (): void => {
      if (isOver) return;
      isOver = true;
      this.atRisk -= 1;
      const waiting = [...this.onEnd];
      this.onEnd.clear();
      for (const wake of waiting) wake();
    };
    void setTimeout(UNRESPONSIVE_MS, undefined, { ref: false }).then(leave);
    return leave;
  }

  private nextEnd(): Promise<void> {
    return new Promise((resolve) => this.onEnd.add(resolve));
  }

  private async attempt(bind: (password: BindPassword) => Promise<void>): Promise<void> {
    if (this.pause !== undefined) throw new BindPausedError();
    try {
      await bind(this.password);
    } catch (error) {
      const { cause } = error as Error;
      if (cause instanceof Error && codeOf(cause) === INVALID_CREDENTIALS) this.recordRefusal(cause);
      throw error;
    }
    [this.isAccepted, this.refusals, this.pausedUntil, this.refusal] = [true, 0, 0, undefined];
  }
}

/** The password was refused recently, so no attempt is made now. */
export class BindPausedError extends Error {
  override readonly name = 'BindPausedError';

  constructor() {
    super('the password was refused recently');
  }
}
