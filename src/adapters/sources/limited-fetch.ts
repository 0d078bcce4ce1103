import type { HttpClient, HttpRequest } from '../../ports/http-client.js';
import type { SourceFetch } from '../../source.js';
import type { TlsMaterial } from '../shared/tls-options.js';

const TIME_LIMIT_MS = 30_000;
const MAX_BYTES = 50 * 1024 * 1024;
/** Statuses whose responses have no body, not even an empty one. */
const BODILESS = [204, 205, 304];

/**
 * `fetch` on top of Islet's HTTP client. Origins in the configuration may be in the private network; redirects to other
 * private addresses are blocked.
 *
 * @param named the origins in the configuration
 * @param tls certificates for these origins
 */
export const limitedFetch =
  (http: HttpClient, named: ReadonlySet<string>, tls: TlsMaterial = {}): SourceFetch =>
  async (target, { method = 'GET', headers, body, signal } = {}) => {
    const url = new URL(target);
    signal?.throwIfAborted();
    const isNamed = named.has(url.origin);
    const answer = http.request({
      method: methodOf(method),
      url: url.href,
      timeLimitMs: TIME_LIMIT_MS,
      maxBytes: MAX_BYTES,
      chosenBy: isNamed ? 'operator' : 'stranger',
      ...(headers && { headers }),
      ...(body !== undefined && { body }),
      ...(isNamed && tls.ca !== undefined && { ca: tls.ca }),
      ...(isNamed && tls.clientCertificate !== undefined && { clientCertificate: tls.clientCertificate }),
    });
    const { status, headers: answered, body: text } = await orAborted(answer, signal);
    return new Response(BODILESS.includes(status) ? null : text, { status, headers: bare(answered) });
  };

/** The origins of all URLs in the configuration of a source. */
export function originsIn(value: unknown): ReadonlySet<string> {
  if (typeof value === 'string') return new Set(isHttp(value) ? [new URL(value).origin] : []);
  if (typeof value !== 'object' || value === null) return new Set();
  return new Set(Object.values(value).flatMap((below) => [...originsIn(below)]));
}

const isHttp = (text: string): boolean => URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);

function methodOf(text: string): HttpRequest['method'] {
  const method = text.toUpperCase();
  if (method === 'GET' || method === 'POST' || method === 'PUT') return method;
  throw new TypeError(`fetch of a source supports GET, POST and PUT, not ${method}`);
}

/** Removes headers that no longer apply: the body is decompressed and complete. */
function bare(headers: Readonly<Record<string, string>>): Record<string, string> {
  const { 'content-encoding': _encoding, 'content-length': _length, 'transfer-encoding': _transfer, ...rest } = headers;
  return rest;
}

/** Stops waiting when the signal aborts; the request itself ends within its own limit. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
