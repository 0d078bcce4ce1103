import { isServerName } from '../../domain/identifiers/server-name.js';
import type { Clock } from '../../ports/clock.js';
import {
  HttpConnectionError,
  type ConnectionProblem,
  type HttpClient,
  type HttpRequest,
  type HttpResponse,
} from '../../ports/http-client.js';
import { HomeserverResolver, type Route } from './resolver.js';
import type { ResolveSrv } from './service-records.js';
import { trimSlashes } from '../../domain/shared/trim-slashes.js';

/** How one homeserver is reached, in the operator's word: no DNS, no .well-known, no port 8448. */
export interface KnownHomeserver {
  /** `https://10.0.0.5:8448`; a path is put before every path. */
  readonly url: string;
  /** Certificates to trust for it, PEM. */
  readonly ca?: string;
  readonly clientCertificate?: string;
  /** The name for SNI, certificate and Host header instead of the URL's. */
  readonly tlsName?: string;
  /** Its signing keys by id, unpadded standard base64; with these none are fetched. */
  readonly verifyKeys?: Readonly<Record<string, string>>;
}

export interface FederationOptions {
  readonly homeservers?: Readonly<Record<string, KnownHomeserver>>;
  /** The only other homeservers that are talked to. Absent: all. */
  readonly allow?: readonly string[] | undefined;
}

export interface FederationRequest extends Pick<HttpRequest, 'method' | 'body' | 'timeLimitMs' | 'maxBytes'> {
  /** From the first slash, with the query. */
  readonly path: string;
}

export interface FederationResponse extends HttpResponse {
  /** How it was reached and what was asked, without the query, for the log: `example.org -> .well-known -> …`. */
  readonly trail: string;
}

/** No answer of a homeserver. The message is for the log: it names hosts and ports. */
export class HomeserverUnreachableError extends Error {
  override readonly name = 'HomeserverUnreachableError';

  constructor(
    trail: readonly string[],
    readonly problem: ConnectionProblem,
    /** In one sentence that names nothing: `certificate is not trusted`. */
    readonly reason: string,
    /** Whether the name it was looked for under is one that a .well-known gave. */
    readonly isDelegated: boolean,
    options?: ErrorOptions,
  ) {
    super(trail.join(' -> '), options);
  }
}

type Way = Pick<Route, 'steps' | 'isDelegated'> & { readonly attempts: readonly Attempt[] };
export type Attempt = Pick<
  HttpRequest,
  'url' | 'headers' | 'chosenBy' | 'ca' | 'clientCertificate' | 'tlsName' | 'connectTo'
>;

/** Asks homeservers by name, over discovery or as the operator says. */
export class FederationClient {
  private readonly known: ReadonlyMap<string, KnownHomeserver>;
  private readonly allowed: ReadonlySet<string> | undefined;
  private readonly resolver: HomeserverResolver;

  constructor(
    private readonly http: HttpClient,
    private readonly clock: Clock,
    { homeservers = {}, allow }: FederationOptions = {},
    resolveSrv?: ResolveSrv,
  ) {
    this.known = new Map(Object.entries(homeservers));
    this.allowed = allow && new Set(allow);
    this.resolver = new HomeserverResolver(http, clock, resolveSrv);
  }

  /** Whether it is talked to at all: it is configured, or allowed. */
  isAllowed(homeserver: string): boolean {
    return this.known.has(homeserver) || (this.allowed?.has(homeserver) ?? isServerName(homeserver));
  }

  /** The signing keys that the configuration states for a homeserver, `undefined` if it states none. */
  pinnedKeys(homeserver: string): ReadonlyMap<string, string> | undefined {
    const keys = Object.entries(this.known.get(homeserver)?.verifyKeys ?? {});
    return keys.length > 0 ? new Map(keys) : undefined;
  }

  /**
   * @returns any answer, whatever its status
   * @throws HomeserverUnreachableError if there is none within the time limit, which includes finding it
   */
  async request(homeserver: string, request: FederationRequest): Promise<FederationResponse> {
    const deadline = this.clock.now() + request.timeLimitMs;
    const { steps, isDelegated, attempts } = await this.wayTo(homeserver, request.path);
    const { method, body, maxBytes } = request;
    const failures: HttpConnectionError[] = [];
    for (const [index, attempt] of attempts.entries()) {
      const leftMs = Math.max(1, deadline - this.clock.now());
      const timeLimitMs = Math.ceil(leftMs / (attempts.length - index));
      const contentType =
        body === undefined ? {} : { body, headers: { ...attempt.headers, 'content-type': 'application/json' } };
      try {
        const response = await this.http.request({ ...attempt, ...contentType, method, timeLimitMs, maxBytes });
        const question = `${method} ${request.path.replace(/\?.*/s, '')}`;
        return { ...response, trail: [...steps, hostOf(attempt), question].join(' -> ') };
      } catch (error) {
        if (!(error instanceof HttpConnectionError)) throw error;
        failures.push(error);
      }
    }
    throw unreached(steps, isDelegated, failures);
  }

  private async wayTo(homeserver: string, path: string): Promise<Way> {
    const known = this.known.get(homeserver);
    if (known) return { steps: [homeserver, 'configured'], isDelegated: false, attempts: [knownAttempt(known, path)] };
    const { steps, isDelegated, url, host, targets } = await this.resolver.resolve(homeserver);
    const attempt = { url: url + path, headers: { host }, chosenBy: 'stranger' } as const;
    return { steps, isDelegated, attempts: targets.map((connectTo) => ({ ...attempt, connectTo })) };
  }
}

function knownAttempt({ url, ca, clientCertificate, tlsName }: KnownHomeserver, path: string): Attempt {
  const { port } = new URL(url);
  const host = tlsName === undefined ? undefined : port === '' ? tlsName : `${tlsName}:${port}`;
  return {
    url: trimSlashes(url) + path,
    chosenBy: 'operator',
    ...(host !== undefined && { headers: { host } }),
    ...(ca !== undefined && { ca }),
    ...(clientCertificate !== undefined && { clientCertificate }),
    ...(tlsName !== undefined && { tlsName }),
  };
}

const hostOf = ({ url, connectTo }: Attempt): string =>
  connectTo ? `${connectTo.host}:${connectTo.port}` : new URL(url).host;

function unreached(
  steps: readonly string[],
  isDelegated: boolean,
  failures: readonly HttpConnectionError[],
): HomeserverUnreachableError {
  const last = failures.at(-1);
  if (!last) {
    const reason = 'there is no such service';
    return new HomeserverUnreachableError([...steps, reason], 'name_not_found', reason, isDelegated);
  }
  const reasons = failures
    .map(({ endpoint, reason }) => `${endpoint.replace(/^https?:\/\//, '')} -> ${reason}`)
    .join('; ');
  const cause = failures.length === 1 ? last : new AggregateError(failures, 'no host of it could be reached');
  return new HomeserverUnreachableError([...steps, reasons], last.problem, last.reason, isDelegated, { cause });
}
