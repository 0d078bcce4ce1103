import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { Certificate } from '../../test/support/tls.js';

/** One request and its response. */
export interface Exchange {
  /** ms since the epoch. */
  readonly at: number;
  readonly to: string;
  readonly userAgent: string;
  readonly authorization: string | undefined;
  readonly method: string;
  /** Including the query. */
  readonly path: string;
  readonly request: string;
  readonly status: number;
  readonly response: string;
}

export interface RecordingProxyOptions {
  readonly name: string;
  /** The address on which the proxy listens, at port 443. */
  readonly address: string;
  readonly certificate: Certificate;
  /** The port of the server on 127.0.0.1. */
  readonly target: () => number;
  /** Paths that the proxy answers itself. */
  readonly own?: Readonly<Record<string, object>>;
}

/** A TLS proxy in front of a server. It writes all requests and responses to `log`. */
export async function startRecordingProxy(options: RecordingProxyOptions, log: Exchange[]) {
  const { name, address, certificate, target, own = {} } = options;
  const server = https.createServer(certificate, (request, response) => {
    const answer = (status: number, body: Buffer, headers: http.OutgoingHttpHeaders, request_: Buffer) => {
      const { method = '', url: path = '', headers: given } = request;
      log.push({
        at: Date.now(),
        to: name,
        userAgent: given['user-agent'] ?? '',
        authorization: given.authorization,
        method,
        path,
        request: request_.toString(),
        status,
        response: body.toString(),
      });
      const { 'transfer-encoding': _coding, connection: _connection, ...kept } = headers;
      response.writeHead(status, { ...kept, 'content-length': body.length }).end(body);
    };
    void pass(request, target(), own[request.url ?? '']).then(
      ({ status, body, headers, sent }) => answer(status, body, headers, sent),
      (error: Error) => answer(502, Buffer.from(error.message), {}, Buffer.alloc(0)),
    );
  });
  server.listen(443, address);
  await once(server, 'listening');
  return {
    async close(): Promise<void> {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function pass(request: http.IncomingMessage, port: number, own: object | undefined) {
  const sent = Buffer.concat((await request.toArray()) as Buffer[]);
  if (own) {
    const headers = { 'content-type': 'application/json', 'access-control-allow-origin': '*' };
    return { status: 200, body: Buffer.from(JSON.stringify(own)), headers, sent };
  }
  const { method, url: path, headers } = request;
  const forwarded = { ...headers, 'x-forwarded-for': request.socket.remoteAddress };
  const upstream = http.request({ host: '127.0.0.1', port, method, path, headers: forwarded });
  upstream.end(sent);
  const [answer] = (await once(upstream, 'response')) as [http.IncomingMessage];
  const body = Buffer.concat((await answer.toArray()) as Buffer[]);
  return { status: answer.statusCode ?? 502, body, headers: answer.headers, sent };
}
