import type { Clock } from '../../../ports/clock.js';
import type { ConnectionSecurity } from './connection-security.js';
import type { Connection } from './connection.js';
import { firstConnection } from './first-connection.js';
import type { StatusListener } from './status-reporter.js';
import { Server } from './server.js';

/** No server of the directory can be used. The operator has been told of each. */
export class DirectoryUnreachableError extends Error {
  override readonly name = 'DirectoryUnreachableError';
}

/** The servers of one directory, which all answer the same. */
export class ServerFailover {
  private readonly all: readonly Server[];

  /**
   * @param failing URLs of those that are known to fail
   */
  constructor(
    urls: readonly string[],
    access: ConnectionSecurity,
    private readonly outages: StatusListener,
    clock: Clock,
    failing: readonly string[] = [],
  ) {
    this.all = urls.map((url) => new Server(url, access, outages, clock, failing.includes(url)));
  }

  /** URLs of the servers that could not be used the last time. */
  get failing(): readonly string[] {
    return this.all.flatMap(({ url, isDown }) => (isDown ? url : []));
  }

  /**
   * A connection to the first server that gives one: of those that worked last, else of those that
   * have rested since they failed. A patient caller tries all of them, and those that are down beside
   * the others, and so finds out that one is back.
   *
   * @param tried URLs of servers that are left out
   * @throws Unreachable that says of each server what is wrong with it
   */
  async open(limitMs: number, tryAll = false, tried: readonly string[] = []): Promise<Connection> {
    const ready = this.all.filter(({ url, isBackingOff }) => (tryAll || !isBackingOff) && !tried.includes(url));
    // One that lets us in and does not answer is asked again now and then: by whoever is patient.
    const rank = (server: Server) => Number(tryAll ? server.isDown : server.hasFailed);
    const ordered = ready.toSorted((a, b) => rank(a) - rank(b));
    const beside = tryAll ? ordered.filter(({ isDown, isBackingOff }) => isDown && !isBackingOff) : [];
    const connection = await firstConnection(ordered, beside, limitMs);
    if (connection) return connection;
    const problems = this.all.flatMap(({ problem }) => problem ?? []);
    throw new DirectoryUnreachableError(problems.map(({ message }) => message).join('; '), { cause: problems.at(-1) });
  }

  /** Takes in, and passes on, what others hear of the same servers. */
  get reports(): StatusListener {
    return {
      failed: (what, error) => {
        this.outages.failed(what, error);
        this.all.find(({ name }) => name === what)?.down(error instanceof Error ? error : new Error(String(error)));
      },
      recovered: (what) => {
        this.outages.recovered(what);
        this.all.find(({ name }) => name === what)?.up();
      },
    };
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
