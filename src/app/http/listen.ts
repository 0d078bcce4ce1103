import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { type AddressInfo, Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { networkFailure } from '../../adapters/shared/network-errors.js';
import type { UnreadableHandler } from './unreadable-requests.js';

/** Proxies keep idle connections for up to 75 s. If this server closes one first, a request of the proxy can fail. */
const IDLE_MS = 76_000;
/**
 * Must be longer than the idle timeout, or Node could close an idle connection at the beginning of its next request.
 */
const HEADERS_BEYOND_IDLE_MS = 4_000;
const REQUEST_MS = 120_000;
/** Longer than sending a mail may take, which is the slowest operation in a request. */
const REQUESTS_END_MS = 21_000;
/** When no client has connected for so long, none is in the accept queue, or at most very few. */
const QUIET_MS = 20;
/** One turn of the event loop accepts one connection, and may take longer than the time above. */
const QUIET_TURNS = 3;
/** Clients that connect without pause must not keep the server from closing. */
const ACCEPT_WAITING_MS = 1_000;

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
   * Accepts the connections that wait already and no more, sends `Connection: close` with the next response on each
   * open one, and resolves when all are closed. Idle connections are closed after `idleMs`, all others after `limitMs`.
   */
  readonly close: (idleMs?: number, limitMs?: number) => Promise<void>;
}

const words: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program uses it',
  EADDRNOTAVAIL: 'this machine does not have this address',
  EACCES: 'ports below 1024 need CAP_NET_BIND_SERVICE',
};

/**
 * @param option the option with the address, for messages
 * @param onUnreadable answers what is not HTTP; without it, Node.js answers
 * @throws an error that names the option and why listening is not possible
 */
export async function listen(
  app: RequestListener,
  { host, port, idleTimeoutMs = IDLE_MS }: ListenOptions,
  option = 'listen',
  onUnreadable?: UnreadableHandler,
): Promise<Listening> {
  const headersTimeout = idleTimeoutMs + HEADERS_BEYOND_IDLE_MS;
  const server = createServer({
    keepAliveTimeout: idleTimeoutMs,
    headersTimeout,
    requestTimeout: Math.max(REQUEST_MS, headersTimeout),
  });
  const unanswered = new Set<ServerResponse>();
  const isInResponse = (socket: Duplex) => [...unanswered].some((res) => res.socket === socket && res.headersSent);
  if (onUnreadable) {
    server.on('clientError', (error, socket) => {
      if (!socket.writable || isInResponse(socket)) socket.destroy();
      else onUnreadable(error, socket as Socket);
    });
  }
  let isClosing = false;
  const forget = function forget(this: ServerResponse): void {
    unanswered.delete(this);
  };
  let deferred: (() => void)[] | undefined;
  server.on('request', (req, res) => {
    if (isClosing) res.setHeader('Connection', 'close');
    unanswered.add(res);
    res.on('close', forget);
    if (deferred) deferred.push(() => app(req, res));
    else app(req, res);
  });
  server.listen(port, host);
  await once(server, 'listening').catch((cause: NodeJS.ErrnoException) => {
    const why = words[cause.code ?? ''] ?? networkFailure(cause)?.reason;
    const error = new Error(`${option}: cannot listen on ${host}:${port}${why ? `, ${why}` : ''}`, { cause });
    throw Object.assign(error, { code: cause.code });
  });

  return {
    port: (server.address() as AddressInfo).port,
    async close(idleMs = 2_000, limitMs = REQUESTS_END_MS) {
      isClosing = true;
      for (const res of unanswered) if (!res.headersSent) res.setHeader('Connection', 'close');
      const closed = once(server, 'close');
      // Clients that wait for an answer do not connect again, and between two looks at the queue there is little to do.
      deferred = [];
      await acceptWaiting(server);
      // The `close` of HTTP servers would also end idle connections, on which the next request may already be on its
      // way.
      Server.prototype.close.call(server);
      const begin = deferred;
      deferred = undefined;
      for (const start of begin) start();
      const timers = [
        setTimeout(() => server.closeIdleConnections(), idleMs),
        setTimeout(() => server.closeAllConnections(), limitMs),
      ];
      await closed;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

/** The kernel has told the clients in the accept queue that they are connected. It resets them if the listener closes. */
async function acceptWaiting(server: Server): Promise<void> {
  const until = performance.now() + ACCEPT_WAITING_MS;
  let acceptedAt = performance.now();
  let quietTurns = 0;
  const accepted = () => {
    acceptedAt = performance.now();
    quietTurns = 0;
  };
  server.on('connection', accepted);
  do {
    await nextTurn(); // just after the event loop has accepted one, if any was there
    quietTurns += 1;
  } while (performance.now() < until && (quietTurns < QUIET_TURNS || performance.now() < acceptedAt + QUIET_MS));
  server.off('connection', accepted);
}
