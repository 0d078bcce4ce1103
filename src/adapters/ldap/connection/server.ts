import { isPaused, pauseAfter } from '../../../domain/shared/backoff.js';
import type { Clock } from '../../../ports/clock.js';
import type { ConnectionSecurity } from './connection-security.js';
import { Connection } from './connection.js';
import type { StatusListener } from './status-reporter.js';
import { LdapError, messageOf } from './ldap-error.js';

const BACKOFF = { firstMs: 500, longestMs: 30_000 };

/** One server of a directory and its recent status. */
export class Server {
  private failure: Error | undefined;
  private failures = 0;
  private isUnresponsive = false;
  private pausedUntil = 0;

  constructor(
    readonly url: string,
    private readonly access: ConnectionSecurity,
    private readonly outages: StatusListener,
    private readonly clock: Clock,
    isDown = false,
  ) {
    this.failures = isDown ? 1 : 0;
  }

  /** The name used in outage reports. */
  get name(): string {
    return `server ${this.url}`;
  }

  /** Why the server was unusable or did not respond at its last use; `undefined` if it worked. */
  get problem(): Error | undefined {
    return this.failure;
  }

  /** Whether connecting failed at the last attempt. */
  get isDown(): boolean {
    return this.failures > 0;
  }

  /** Whether other servers are preferred. */
  get hasFailed(): boolean {
    return this.isDown || this.isUnresponsive;
  }

  /** Whether it failed so recently that lookups do not try it. */
  get isBackingOff(): boolean {
    return isPaused(this.pausedUntil, this.clock.now(), BACKOFF.longestMs);
  }

  /** A connection; or `undefined`, with the reason in `problem`. @param signal cancels the attempt */
  async open(limitMs: number, signal?: AbortSignal): Promise<Connection | undefined> {
    try {
      const connection = await Connection.open(this.url, this.access, limitMs, signal);
      this.outages.recovered(this.name);
      this.up();
      return connection;
    } catch (error) {
      this.outages.failed(this.name, error);
      this.down(error instanceof Error ? error : new Error(String(error)));
      return undefined;
    }
  }

  up(): void {
    [this.failures, this.pausedUntil] = [0, 0];
    if (!this.isUnresponsive) this.failure = undefined;
  }

  down(failure: Error): void {
    this.failure = failure;
    // Concurrent failures count once.
    if (!this.isBackingOff) this.backOff();
  }

  /** The server accepts connections but does not respond correctly. */
  markUnresponsive(failure: Error): void {
    [this.failure, this.isUnresponsive] = [failure, true];
    const words = `accepted the bind, but then a request failed: ${messageOf(failure.cause ?? failure)}`;
    this.outages.failed(`answers of ${this.url}`, new LdapError(this.url, words, { cause: failure }));
  }

  /** The server responded to a request. */
  answered(): void {
    if (this.isUnresponsive) [this.failure, this.isUnresponsive] = [undefined, false];
    this.outages.recovered(`answers of ${this.url}`);
  }

  private backOff(): void {
    this.failures += 1;
    this.pausedUntil = this.clock.now() + pauseAfter(BACKOFF, this.failures);
  }
}
