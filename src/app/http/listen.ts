import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { type AddressInfo, Server } from 'node:net';
import { networkFailure } from '../../adapters/shared/network-errors.js';

/** Proxies keep idle connections for up to 75 s. If this server closes one first, a request of the proxy can fail. */
const IDLE_MS = 76_000;
/**
 * Must be longer than the idle timeout, or Node could close an idle connection at the beginning of its next request.
 */
const HEADERS_BEYOND_IDLE_MS = 4_000;
const REQUEST_MS = 120_000;
/** Longer than sending a mail may take, which is the slowest operation in a request. */
const REQUESTS_END_MS = 21_000;

export interface ListenOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** How long a connection without a request may stay open. */
  readonly idleTimeoutMs?: number;
}

export interface Listening {
  readonly port: number;
  /**
   * Accepts no new connections, sends `Connection: close` with the next response on each open one, and resolves when
   * all are closed. Idle connections are closed after `idleMs`, all others after `limitMs`.
   */
  readonly close: (idleMs?: number, limitMs?: number) => Promise<void>;
}

const words: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program has it',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'ports below 1024 need CAP_NET_BIND_SERVICE',
};

/**
 * @param what the option with the address, for messages
 * @throws an error that names the option and why listening is not possible
 */
export async function listen(
  app: RequestListener,
  { host, port, idleTimeoutMs = IDLE_MS }: ListenOptions,
  what = 'listen',
): Promise<Listening> {
  const headersTimeout = idleTimeoutMs + HEADERS_BEYOND_IDLE_MS;
  const server = createServer({
    keepAliveTimeout: idleTimeoutMs,
    headersTimeout,
    requestTimeout: Math.max(REQUEST_MS, headersTimeout),
  });
  const unanswered = new Set<ServerResponse>();
  let isClosing = false;
  server.on('request', (_req, res) => {
    if (isClosing) res.setHeader('Connection', 'close');
    unanswered.add(res);
    res.once('close', () => unanswered.delete(res));
  });
  server.on('request', app);
  server.listen(port, host);
  await once(server, 'listening').catch((cause: NodeJS.ErrnoException) => {
    const why = words[cause.code ?? ''] ?? networkFailure(cause)?.reason;
    const error = new Error(`${what}: cannot listen on ${host}:${port}${why ? `, ${why}` : ''}`, { cause });
    throw Object.assign(error, { code: cause.code });
  });

  return {
    port: (server.address() as AddressInfo).port,
    async close(idleMs = 2_000, limitMs = REQUESTS_END_MS) {
      isClosing = true;
      for (const res of unanswered) if (!res.headersSent) res.setHeader('Connection', 'close');
      const closed = once(server, 'close');
      // The `close` of HTTP servers would also end idle connections, on which the next request may already be on its
      // way.
      Server.prototype.close.call(server);
      const timers = [
        setTimeout(() => server.closeIdleConnections(), idleMs),
        setTimeout(() => server.closeAllConnections(), limitMs),
      ];
      await closed;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
