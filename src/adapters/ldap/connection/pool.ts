import type { Connection } from './connection.js';
import { type Deadline, within } from '../../shared/deadline.js';
import type { ServerFailover } from './server-failover.js';

/** Directories close idle connections after their own timeout, and firewalls drop them silently. */
const IDLE_MS = 60_000;

interface Idle {
  readonly connection: Connection;
  readonly since: number;
}

/** A small connection pool for short requests. Each request has a connection of its own. */
export class Pool {
  private readonly waiting = new Set<() => void>();
  private idle: readonly Idle[] = [];
  private used = 0;
  private sweeper: NodeJS.Timeout | undefined;
  private isClosed = false;

  /** @param openMs time limit for opening a connection; opening continues even if the caller has given up */
  constructor(
    private readonly servers: ServerFailover,
    private readonly size: number,
    private readonly openMs: number,
  ) {}

  /**
   * Runs a request on a connection. Repeats it once: on a new connection if the pooled one was lost, or on another
   * server if this one accepts connections but does not respond. Waits for a free connection until the deadline at
   * most; `ask` must respect the deadline too.
   */
  async use<T>(deadline: Deadline, ask: (connection: Connection) => Promise<T>): Promise<T> {
    await this.enter(deadline);
    let opening: Promise<Connection> | undefined;
    let connection: Connection | undefined;
    try {
      const kept = this.kept();
      if (kept) {
        try {
          return await this.ask(kept, ask, true);
        } catch (error) {
          if (!kept.isLost && !this.hasBetterThan(kept)) throw error;
        }
      }
      opening = this.servers.open(this.openMs);
      connection = await within(deadline, opening);
      try {
        return await this.ask(connection, ask);
      } catch (error) {
        if (!this.hasBetterThan(connection) || deadline.isOver) throw error;
      }
      connection = undefined;
      opening = this.servers.open(this.openMs);
      connection = await within(deadline, opening);
      return await this.ask(connection, ask);
    } finally {
      if (opening && !connection) void this.keepLate(opening);
      else this.leave();
    }
  }

  close(): void {
    this.isClosed = true;
    this.drop(() => true);
    clearTimeout(this.sweeper);
  }

  private async ask<T>(
    connection: Connection,
    ask: (connection: Connection) => Promise<T>,
    isKept = false,
  ): Promise<T> {
    try {
      const answer = await ask(connection);
      this.keep(connection);
      this.servers.answered(connection);
      return answer;
    } catch (error) {
      if (connection.hasFailed) this.drop(({ url }) => url === connection.url);
      // A lost pooled connection does not mean that its server has failed.
      if (connection.hasFailed && !(isKept && connection.isLost)) this.servers.markUnresponsive(connection, error);
      connection.close();
      throw error;
    }
  }

  private hasBetterThan(connection: Connection): boolean {
    return connection.hasFailed && this.servers.areSeveral;
  }

  private async keepLate(opening: Promise<Connection>): Promise<void> {
    try {
      this.keep(await opening);
    } catch {
      // The error of the server has been reported already.
    } finally {
      this.leave();
    }
  }

  private kept(): Connection | undefined {
    const last = this.idle.findLast(({ connection }) => connection.isOpen);
    this.idle = this.idle.filter((pooled) => pooled !== last && pooled.connection.isOpen);
    return last?.connection;
  }

  private keep(connection: Connection): void {
    if (this.isClosed) return connection.close();
    this.idle = [...this.idle, { connection, since: performance.now() }];
    this.sweeper ??= setTimeout(() => this.sweep(), IDLE_MS).unref();
  }

  private sweep(): void {
    const oldest = performance.now() - IDLE_MS;
    for (const { connection, since } of this.idle) if (since <= oldest) connection.close();
    this.idle = this.idle.filter(({ connection }) => connection.isOpen);
    this.sweeper = this.idle.length > 0 ? setTimeout(() => this.sweep(), IDLE_MS).unref() : undefined;
  }

  private drop(isUnwanted: (connection: Connection) => boolean): void {
    for (const { connection } of this.idle) if (isUnwanted(connection)) connection.close();
    this.idle = this.idle.filter(({ connection }) => connection.isOpen);
  }

  private async enter(deadline: Deadline): Promise<void> {
    if (this.used < this.size) {
      this.used += 1;
      return;
    }
    let enter = (): void => undefined;
    const turn = new Promise<void>((resolve) => (enter = resolve));
    this.waiting.add(enter);
    try {
      await within(deadline, turn);
    } catch {
      this.waiting.delete(enter);
      throw new Error(`no connection was free within ${deadline.limitMs / 1000} s`);
    }
  }

  /** Gives the connection slot to the longest waiting caller. */
  private leave(): void {
    const [next] = this.waiting;
    if (!next) this.used -= 1;
    else {
      this.waiting.delete(next);
      next();
    }
  }
}
