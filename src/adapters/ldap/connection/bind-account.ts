import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../../../ports/clock.js';
import { isPaused } from '../../../domain/shared/backoff.js';
import { codeOf } from './ldap-error.js';

/** A password, and where it was found: `file /etc/islet/ldap-password`. */
export interface BindPassword {
  readonly value: string;
  readonly from?: string | undefined;
}

/**
 * How long is waited after so many refusals in a row, in minutes. Directories lock accounts after a few wrong tries
 * (five is usual), and forget them after an hour or so: in any hour there are fewer than five.
 */
const PAUSES_MIN = [5, 10, 25, 60] as const;
const MINUTE_MS = 60_000;
const PATIENCE_MS = 150;
const LONGEST_PAUSE_MS = 60 * MINUTE_MS;
/** RFC 4511, appendix A.1. */
const INVALID_CREDENTIALS = 49;

/**
 * The account with which all servers of one directory are asked. Whichever of them refuses its password, it counts:
 * one is tried at a time until one is accepted, and after a refusal none for a while, unless the password has become
 * another one.
 */
export class BindAccount {
  private password: BindPassword;
  private turn: Promise<unknown> = Promise.resolve();
  private refusals = 0;
  private refusal: Error | undefined;
  private restsUntil = 0;
  private isAccepted = false;

  /** @param reread the password as it is now where it is kept; absent if it is written down for good */
  constructor(
    readonly dn: string,
    password: BindPassword,
    private readonly clock: Clock = { now: () => Date.now() },
    private readonly reread?: () => BindPassword,
  ) {
    this.password = password;
  }

  /** What is tried next. */
  get current(): BindPassword {
    return this.password;
  }

  /** Whether it was not refused since it was accepted. */
  get isGood(): boolean {
    return this.isAccepted;
  }

  /** Why it is not tried now; `undefined` if it may be. Looks whether the password is another one by now. */
  get pause(): string | undefined {
    if (!isPaused(this.restsUntil, this.clock.now(), LONGEST_PAUSE_MS) || this.refresh()) return undefined;
    const next = new Date(this.restsUntil).toISOString().slice(11, 16);
    return `not tried again before ${next} UTC or with another password, or the directory locks the account`;
  }

  /** What the server said when it was refused last. */
  get refusedWith(): Error | undefined {
    return this.refusal;
  }

  /**
   * Tries the password: at once while it is good, otherwise when it is its turn. A server that does not answer keeps
   * the others waiting for a moment only.
   *
   * @throws what `bind` throws; BindPausedError if it may not be tried
   */
  async use(bind: (password: BindPassword) => Promise<void>): Promise<void> {
    if (this.isAccepted) return this.attempt(bind);
    const own = this.turn.then(() => this.attempt(bind));
    const settled = own.catch(() => undefined);
    this.turn = Promise.race([settled, this.turn.then(() => setTimeout(PATIENCE_MS, undefined, { ref: false }))]);
    return own;
  }

  /** Somebody says that it may be tried again, and with what is there now. */
  reload(): void {
    this.refresh();
    this.restsUntil = 0;
  }

  /** Takes the password as it is now. @returns whether it is another one, which may be tried at once */
  refresh(): boolean {
    const now = this.reread?.();
    if (now === undefined || now.value === this.password.value) return false;
    [this.password, this.restsUntil] = [now, 0];
    return true;
  }

  /** It was refused where nobody else heard of it. */
  noteRefusal(cause: Error): void {
    [this.isAccepted, this.refusal] = [false, cause];
    this.refusals += 1;
    const minutes = PAUSES_MIN[Math.min(this.refusals, PAUSES_MIN.length) - 1] ?? 60;
    this.restsUntil = this.clock.now() + minutes * MINUTE_MS;
  }

  private async attempt(bind: (password: BindPassword) => Promise<void>): Promise<void> {
    if (this.pause !== undefined) throw new BindPausedError();
    try {
      await bind(this.password);
    } catch (error) {
      const { cause } = error as Error;
      if (cause instanceof Error && codeOf(cause) === INVALID_CREDENTIALS) this.noteRefusal(cause);
      throw error;
    }
    [this.isAccepted, this.refusals, this.restsUntil, this.refusal] = [true, 0, 0, undefined];
  }
}

/** The password was refused lately, and is not tried now. */
export class BindPausedError extends Error {
  override readonly name = 'BindPausedError';

  constructor() {
    super('the password was refused lately');
  }
}
