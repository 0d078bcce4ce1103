import type { IncomingMessage, ServerResponse } from 'node:http';
import { lookupHash } from '../../src/domain/identifiers/lookup-hash.js';
import { threepid } from '../../src/domain/identifiers/threepid.js';
import { startStandIn } from './stand-in.js';
import type { Certificate } from './tls.js';

/** `[medium, address, mxid]`, spelled as in responses. */
export type Row = readonly [medium: string, address: string, mxid: string];

/** A request that it received. */
export interface AskedOfUpstream {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

/** Writes a custom response. */
export type Answer = (response: ServerResponse, asked: AskedOfUpstream) => void;

export interface IdentityServer {
  readonly url: string;
  readonly asked: readonly AskedOfUpstream[];
  readonly rows: Row[];
  pepper: string;
  /** An earlier pepper that it still accepts. */
  formerPepper: string | undefined;
  algorithms: readonly string[];
  /** From now on the response to each request; `undefined` for correct responses. */
  answer: Answer | undefined;
  close(): Promise<void>;
}

export interface IdentityServerOptions {
  readonly rows?: readonly Row[];
  /** The access token that v2 requires; without it there is no v2. */
  readonly accessToken?: string;
  readonly certificate?: Certificate;
}

const reply = (response: ServerResponse, status: number, body: object) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

/** Faulty responses that real servers have sent. */
export const misbehaviour = {
  html: (response) =>
    void response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Welcome to nginx!</body></html>'),
  htmlError: (response) => void response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>'),
  fault: (response) => void reply(response, 500, { errcode: 'M_UNKNOWN', error: 'alice@example.org crashed it' }),
  redirect: (response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/elsewhere' }).end(),
  endless: (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const more = () => response.write('x'.repeat(64 * 1024), (error) => error ?? setImmediate(more));
    more();
  },
  drip: (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(timer));
  },
  silent: () => undefined,
  hangUp: (response) => void response.destroy(),
  notAnObject: (response) => void response.end('[]'),
  empty: (response) => void response.end(),
} as const satisfies Record<string, Answer>;

/** An identity server with given associations. It supports v1 `bulk_lookup` and v2 `lookup`. */
export async function startIdentityServer(options: IdentityServerOptions = {}): Promise<IdentityServer> {
  const { rows = [], accessToken, certificate } = options;
  const asked: AskedOfUpstream[] = [];

  const server = await startStandIn((request, response) => {
    read(request).then(
      (seen) => {
        asked.push(seen);
        (upstream.answer ?? answerCorrectly)(response, seen);
      },
      () => response.destroy(),
    );
  }, certificate);

  const answerCorrectly: Answer = (response, { method, path, authorization, body }) => {
    const { threepids, addresses, pepper, algorithm } = (body ?? {}) as Record<string, unknown>;
    if (method === 'POST' && path === '/_matrix/identity/api/v1/bulk_lookup') {
      const wanted = new Set(
        (threepids as string[][]).map(([medium, address]) => `${medium} ${address?.toLowerCase()}`),
      );
      const found = upstream.rows.filter(([medium, address]) => wanted.has(`${medium} ${address.toLowerCase()}`));
      return void reply(response, 200, { threepids: found });
    }
    if (accessToken === undefined) return void reply(response, 404, { errcode: 'M_UNRECOGNIZED' });
    if (authorization !== `Bearer ${accessToken}`) return void reply(response, 401, { errcode: 'M_UNAUTHORIZED' });
    if (method === 'GET' && path === '/_matrix/identity/v2/hash_details') {
      return void reply(response, 200, { lookup_pepper: upstream.pepper, algorithms: upstream.algorithms });
    }
    if (path !== '/_matrix/identity/v2/lookup') return void reply(response, 404, { errcode: 'M_UNRECOGNIZED' });
    if (typeof pepper !== 'string' || ![upstream.pepper, upstream.formerPepper].includes(pepper)) {
      return void reply(response, 400, { errcode: 'M_INVALID_PEPPER', algorithm, lookup_pepper: upstream.pepper });
    }
    const entryOf = (medium: string, address: string) =>
      algorithm === 'none' ? `${address} ${medium}` : lookupHash(threepid(medium, address), pepper);
    const known = new Map(upstream.rows.map(([medium, address, mxid]) => [entryOf(medium, address), mxid]));
    const found = (addresses as string[]).filter((entry) => known.has(entry));
    return void reply(response, 200, { mappings: Object.fromEntries(found.map((entry) => [entry, known.get(entry)])) });
  };

  const upstream: IdentityServer = {
    url: server.url,
    asked,
    rows: [...rows],
    pepper: 'matrixrocks',
    formerPepper: undefined,
    algorithms: ['none', 'sha256'],
    answer: undefined,
    close: () => server.close(),
  };
  return upstream;
}

async function read(request: IncomingMessage): Promise<AskedOfUpstream> {
  const text = Buffer.concat((await request.toArray()) as Buffer[]).toString();
  const { method = '', url = '', headers } = request;
  return { method, path: url, authorization: headers.authorization, body: text ? JSON.parse(text) : undefined };
}
