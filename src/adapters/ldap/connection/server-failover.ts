import type { Clock } from '../../../ports/clock.js';
import type { ConnectionSecurity } from './connection-security.js';
import type { Connection } from './connection.js';
import { firstConnection } from './first-connection.js';
import type { StatusListener } from './status-reporter.js';
import { Server } from './server.js';

/** No server of the directory is usable. Each server's problem has been reported to the operator. */
export class DirectoryUnreachableError extends Error {
  override readonly name = 'DirectoryUnreachableError';
}

/** The servers of one directory, which are equivalent. */
export class ServerFailover {
  private readonly all: readonly Server[];

  /** @param failing URLs of servers that are known to fail */
  constructor(
    urls: readonly string[],
    access: ConnectionSecurity,
    private readonly outages: StatusListener,
    clock: Clock,
    failing: readonly string[] = [],
  ) {
    this.all = urls.map((url) => new Server(url, access, outages, clock, failing.includes(url)));
  }

  /** URLs of the servers that failed at their last use. */
  get failing(): readonly string[] {
    return this.all.flatMap(({ url, isDown }) => (isDown ? url : []));
  }

  /**
   * A connection to the first usable server. Servers whose last use succeeded are preferred; failed ones are tried
   * again after their backoff. With `tryAll`, all servers are tried, and those that are down are tried concurrently, to
   * detect that they work again.
   *
   * @param tried URLs of servers to skip
   * @throws DirectoryUnreachableError with the problem of each server
   */
  async open(limitMs: number, tryAll = false, tried: readonly string[] = []): Promise<Connection> {
    const ready = this.all.filter(({ url, isBackingOff }) => (tryAll || !isBackingOff) && !tried.includes(url));
    // A server that accepts connections but does not respond comes last, except with `tryAll`.
    const rank = (server: Server) => Number(tryAll ? server.isDown : server.hasFailed);
    const ordered = ready.toSorted((a, b) => rank(a) - rank(b));
    const recovering = tryAll ? ordered.filter(({ isDown, isBackingOff }) => isDown && !isBackingOff) : [];
    const connection = await firstConnection(ordered, recovering, limitMs);
    if (connection) return connection;
    const problems = this.all.flatMap(({ problem }) => problem ?? []);
    throw new DirectoryUnreachableError(problems.map(({ message }) => message).join('; '), { cause: problems.at(-1) });
  }

  /** Receives status reports of the same servers from other threads, and passes them on. */
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

  /** Whether there is another server to use when one accepts connections but does not respond. */
  get areSeveral(): boolean {
    return this.all.length > 1;
  }

  /** A request on this connection failed: lookups prefer other servers from now on. */
  markUnresponsive({ url }: Connection, error: unknown): void {
    if (!this.areSeveral || !(error instanceof Error)) return;
    this.all.find((server) => server.url === url)?.markUnresponsive(error);
  }

  answered({ url }: Connection): void {
    if (this.areSeveral) this.all.find((server) => server.url === url)?.answered();
  }
}
