import type { Clock } from '../../../ports/clock.js';
import type { ConnectionSecurity } from './connection-security.js';
import type { Connection } from './connection.js';
import { Deadline } from '../../shared/deadline.js';
import type { StatusListener } from './status-reporter.js';
import { Server } from './server.js';

/** No server of the directory can be used. The operator has been told of each. */
export class DirectoryUnreachableError extends Error {
  override readonly name = 'DirectoryUnreachableError';
}

/** The servers of one directory, which all answer the same. */
export class ServerFailover {
  private readonly all: readonly Server[];

  constructor(urls: readonly string[], access: ConnectionSecurity, outages: StatusListener, clock: Clock) {
    this.all = urls.map((url) => new Server(url, access, outages, clock));
  }

  /**
   * A connection to the first server that gives one: of those that worked last, else of those that
   * have rested since they failed. A patient caller tries all of them in their order, and so finds
   * out that one is back.
   *
   * @param tried URLs of servers that are left out
   * @throws Unreachable that says of each server what is wrong with it
   */
  async open(limitMs: number, tryAll = false, tried: readonly string[] = []): Promise<Connection> {
    const ready = this.all.filter(({ url, isBackingOff }) => (tryAll || !isBackingOff) && !tried.includes(url));
    const ordered = tryAll ? ready : ready.toSorted((a, b) => Number(a.hasFailed) - Number(b.hasFailed));
    const deadline = new Deadline(limitMs);
    for (const [index, server] of ordered.entries()) {
      // A dead server leaves time for those after it.
      const connection = await server.open(deadline.left / (ordered.length - index));
      if (connection) return connection;
    }
    const problems = this.all.flatMap(({ problem }) => problem ?? []);
    throw new DirectoryUnreachableError(problems.map(({ message }) => message).join('; '), { cause: problems.at(-1) });
  }

  /** Whether there is another server to ask where one lets us in and does not answer. */
  get areSeveral(): boolean {
    return this.all.length > 1;
  }

  /** Has others asked before the server of a connection that failed with a question. */
  markUnresponsive({ url }: Connection, error: unknown): void {
    if (!this.areSeveral || !(error instanceof Error)) return;
    this.all.find((server) => server.url === url)?.markUnresponsive(error);
  }

  answered({ url }: Connection): void {
    if (this.areSeveral) this.all.find((server) => server.url === url)?.answered();
  }
}
