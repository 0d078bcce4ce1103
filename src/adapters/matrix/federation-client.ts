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

/** Configured address of a homeserver: no DNS, .well-known or port 8448 is used. */
export interface KnownHomeserver {
  /** `https://10.0.0.5:8448`; a path in it is prepended to every request path. */
  readonly url: string;
  /** Trusted CA certificates for it, PEM. */
  readonly ca?: string;
  readonly clientCertificate?: string;
  /** The name for SNI, certificate and Host header, instead of the URL's. */
  readonly tlsName?: string;
  /** Its signing keys by id, unpadded standard base64. If set, no keys are fetched. */
  readonly verifyKeys?: Readonly<Record<string, string>>;
}

export interface FederationOptions {
  readonly homeservers?: Readonly<Record<string, KnownHomeserver>>;
  /** The only other homeservers that requests are sent to. Absent: all. */
  readonly allow?: readonly string[] | undefined;
}

export interface FederationRequest extends Pick<HttpRequest, 'method' | 'body' | 'timeLimitMs' | 'maxBytes'> {
  /** Path and query. */
  readonly path: string;
}

export interface FederationResponse extends HttpResponse {
  /** The route and the path without the query, for the log: `example.org -> .well-known -> …`. */
  readonly trail: string;
}

/** A homeserver did not respond. The message is only for the log: it contains hosts and ports. */
export class HomeserverUnreachableError extends Error {
  override readonly name = 'HomeserverUnreachableError';

  constructor(
    trail: readonly string[],
    readonly problem: ConnectionProblem,
    /** A short description without any names: `certificate is not trusted`. */
    readonly reason: string,
    /** Whether the name that was resolved came from a .well-known file. */
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

/** Sends requests to homeservers by name, using server discovery or the configured address. */
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

  /** Whether requests to it are permitted: it is configured, or allowed. */
  isAllowed(homeserver: string): boolean {
    return this.known.has(homeserver) || (this.allowed?.has(homeserver) ?? isServerName(homeserver));
  }

  /** The configured signing keys of a homeserver; `undefined` if there are none. */
  pinnedKeys(homeserver: string): ReadonlyMap<string, string> | undefined {
    const keys = Object.entries(this.known.get(homeserver)?.verifyKeys ?? {});
    return keys.length > 0 ? new Map(keys) : undefined;
  }

  /**
   * @returns the response, whatever its status
   * @throws HomeserverUnreachableError if there is no response within the time limit, which includes discovery
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
    const reason = 'no server was found for this name';
    return new HomeserverUnreachableError([...steps, reason], 'name_not_found', reason, isDelegated);
  }
  const reasons = failures
    .map(({ endpoint, reason }) => `${endpoint.replace(/^https?:\/\//, '')} -> ${reason}`)
    .join('; ');
  const cause = failures.length === 1 ? last : new AggregateError(failures, 'none of its hosts can be reached');
  return new HomeserverUnreachableError([...steps, reasons], last.problem, last.reason, isDelegated, { cause });
}
