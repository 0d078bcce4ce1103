import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificate } from './tls.js';

export interface StandIn {
  readonly port: number;
  readonly url: string;
  /** All requests that it received, in order. */
  readonly seen: readonly http.IncomingMessage[];
  /** The number of open connections. */
  readonly connections: () => number;
  close(): Promise<void>;
}

/** A local HTTP server on a free port of 127.0.0.1; HTTPS with a certificate. */
export async function startStandIn(handler: http.RequestListener, certificate?: Certificate): Promise<StandIn> {
  const seen: http.IncomingMessage[] = [];
  const listener: http.RequestListener = (request, response) => {
    seen.push(request);
    handler(request, response);
  };
  const server = certificate ? https.createServer(certificate, listener) : http.createServer(listener);
  // Idle connections are closed by the client or not at all.
  server.keepAliveTimeout = 0;
  let connections = 0;
  server.on('connection', (socket) => {
    connections += 1;
    socket.on('close', () => (connections -= 1));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`,
    seen,
    connections: () => connections,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
