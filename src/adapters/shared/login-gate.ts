import { type Backoff, isPaused, pauseAfter } from '../../domain/shared/backoff.js';
import type { Clock } from '../../ports/clock.js';
import type { RotatingSecret } from './rotating-secret.js';

/** Servers that see too many failed logins lock the account or the address for a while. */
const PAUSES: Backoff = { firstMs: 10_000, longestMs: 300_000 };

/** A login that was refused recently is not tried again with the same password. */
export class LoginPausedError extends Error {
  override readonly name = 'LoginPausedError';

  constructor(until: number) {
    const time = new Date(until).toISOString().slice(11, 19);
    super(`refused the login recently; not tried again before ${time} UTC or with another password`);
  }
}

/** Decides about logins at one server: after a refusal, the same password is not tried again for a while, each time longer. */
export class LoginGate {
  private refused: string | undefined;
  private refusals = 0;
  private pausedUntil = 0;

  constructor(
    private readonly secret: RotatingSecret,
    private readonly clock: Clock = { now: () => Date.now() },
  ) {}

  /** The password for a login at this moment. @throws LoginPausedError */
  enter(): string {
    const password = this.secret.latest;
    if (password !== this.refused) return password;
    if (isPaused(this.pausedUntil, this.clock.now(), PAUSES.longestMs)) throw new LoginPausedError(this.pausedUntil);
    return password;
  }

  noteRefusal(password: string): void {
    this.refusals = password === this.refused ? this.refusals + 1 : 1;
    this.refused = password;
    this.pausedUntil = this.clock.now() + pauseAfter(PAUSES, this.refusals);
  }

  /** Ends the pause: the login was accepted, or the operator wants another attempt. */
  reset(): void {
    [this.refused, this.refusals, this.pausedUntil] = [undefined, 0, 0];
  }
}
