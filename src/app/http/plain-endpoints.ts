import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Telemetry } from '../../ports/telemetry.js';
import { allowAllSites } from './cors.js';
import { handlerOf, type HandlersByPath } from './endpoints.js';
import { errorResponse } from './errors.js';
import { protect } from './express-app.js';
import { bodyLimit } from './request/body-limit.js';
import type { PlainHandler, PlainRequest } from './request/plain-request.js';
import { pathOf } from './request/query.js';
import { recordRequests } from './request-log.js';
import { PROBE_HEADER } from './request-probe.js';
import { nameEndpoint } from './request-record.js';

export interface PlainOptions {
  readonly telemetry: Telemetry;
  /** The largest body of a lookup. */
  readonly maxBodyBytes: number;
  /** Answers all other requests, and those that need more than the usual steps. */
  readonly otherwise: RequestListener;
}

/**
 * Answers the requests that come most often without Express, whose steps cost several times as much as a lookup. The
 * headers, the log line, the limits and the errors are made by the same functions as for all other requests. Requests
 * that are unusual in any way (other spellings of a path, HEAD, compressed bodies, bodies without or above their length,
 * requests that the operator traces) are left to `otherwise`.
 */
export function answerPlain(handlers: HandlersByPath<PlainHandler>, options: PlainOptions): RequestListener {
  const { telemetry, maxBodyBytes, otherwise } = options;
  const begin = recordRequests(telemetry, true);
  const answerError = errorResponse(telemetry);

  const handle = (handler: PlainHandler, req: PlainRequest, res: ServerResponse): void => {
    try {
      handler(req, res)?.catch((error: unknown) => answerError(error, req, res));
    } catch (error) {
      answerError(error, req, res);
    }
  };

  return (req, res) => {
    const path = pathOf(req.url ?? '');
    const handler = handlerOf(handlers, req.method, path);
    const length = handler && req.headers[PROBE_HEADER] === undefined ? lengthOf(req) : undefined;
    if (!handler || length === undefined || length > bodyLimit(path, maxBodyBytes)) return otherwise(req, res);
    begin(req, res);
    nameEndpoint(res, path);
    protect(res);
    allowAllSites(res);
    const plain: PlainRequest = req;
    plain.res = res;
    if (length === 0) handle(handler, plain, res);
    else
      read(req, (body) => {
        plain.body = body;
        handle(handler, plain, res);
      });
  };
}

/** The length of the body in bytes; `undefined` if it is compressed, or its length is not known beforehand. */
function lengthOf({ headers }: IncomingMessage): number | undefined {
  if (headers['transfer-encoding'] !== undefined || headers['content-encoding'] !== undefined) return undefined;
  const length = headers['content-length'];
  return length === undefined ? 0 : Number(length);
}

/** The parser of Node takes care that there are as many bytes as announced. `done` is not called if the client leaves. */
function read(req: IncomingMessage, done: (body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    const [first] = chunks;
    done(first && chunks.length === 1 ? first : Buffer.concat(chunks));
  });
}
