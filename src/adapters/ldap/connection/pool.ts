import type { Connection } from './connection.js';
import { type Deadline, within } from '../../shared/deadline.js';
import type { ServerFailover } from './server-failover.js';

/** Directories end idle connections in their own time, and firewalls without a word. */
const IDLE_MS = 60_000;

interface Idle {
  readonly connection: Connection;
  readonly since: number;
}

/** A few connections for many short questions. Each question has one to itself. */
export class Pool {
  private readonly waiting = new Set<() => void>();
  private idle: readonly Idle[] = [];
  private used = 0;
  private sweeper: NodeJS.Timeout | undefined;
  private isClosed = false;

  /**
   * @param openMs how long opening a connection may take; it goes on when whoever asked for it has gone
   */
  constructor(
    private readonly servers: ServerFailover,
    private readonly size: number,
    private readonly openMs: number,
  ) {}

  /**
   * Asks over a connection, and once more over a new one if it was a kept one that turns out to be
   * lost, or over one to another server if this one lets us in and does not answer. Waits for one no
   * longer than until the deadline; `ask` must end by it, too.
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
      // That a kept connection is dead says nothing of its server.
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
      // Its server has said why.
    } finally {
      this.leave();
    }
  }

  private kept(): Connection | undefined {
    const last = this.idle.findLast(({ connection }) => connection.isOpen);
    this.idle = this.idle.filter((one) => one !== last && one.connection.isOpen);
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

  /** Passes the place on to who waits longest. */
  private leave(): void {
    const [next] = this.waiting;
    if (!next) this.used -= 1;
    else {
      this.waiting.delete(next);
      next();
    }
  }
}
