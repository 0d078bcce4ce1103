import type { HttpClient, HttpResponse } from '../../ports/http-client.js';
import type { ViaPath } from '../../ports/threepid-source.js';
import { AccessToken } from './access-token-file.js';
import { RateLimitedError } from './circuit-breaker.js';
import { Semaphore } from '../shared/concurrency.js';
import { routeIn, viaText } from '../../domain/lookup/via-header.js';
import { trimSlashes } from '../../domain/shared/trim-slashes.js';

export interface UpstreamOptions {
  /** The name in the source chain. */
  readonly name: string;
  /** The base URL, without `/_matrix`. */
  readonly url: string;
  /** The name of this server in the routes of forwarded questions. */
  readonly ownName?: string;
  /** With a token, API v2 is used; without, v1. `''` while the token file is empty. */
  readonly accessToken?: string | undefined;
  /** Read when there is no token, or when the token is refused. */
  readonly accessTokenFile?: string | undefined;
  /** Trusted CA certificates instead of the system's, PEM. */
  readonly ca?: string | undefined;
  /** Client certificate and key for servers that require them, PEM. */
  readonly clientCertificate?: string | undefined;
  /** Time limit for a whole question, including all its requests and their waiting time. */
  readonly timeLimitMs: number;
}

const MOST_REQUESTS = 8;

/** How the operator can fix a refusal. */
interface Hints {
  /** `undefined` if no access token was sent. */
  readonly login: string | undefined;
  readonly terms: string;
}

/** An error response of the upstream. */
export class UpstreamResponseError extends Error {
  override readonly name = 'UpstreamResponseError';

  constructor(
    upstream: string,
    readonly status: number,
    /** `undefined` if the response has none. */
    readonly errcode: string | undefined,
    remedies: Hints,
  ) {
    super(`${upstream} ${explanation(status, errcode, remedies)}`);
  }
}

/** HTTP client for another identity server. Limits concurrent requests and accepts only JSON. */
export class UpstreamServer {
  readonly origin: string;
  private readonly base: string;
  /** One semaphore per length of the route, so that servers that ask each other in a circle cannot block themselves. */
  private readonly gates: Semaphore[] = [];
  private readonly token: AccessToken;
  private readonly remedies: Hints;

  /** @throws if the URL is invalid */
  constructor(
    private readonly options: UpstreamOptions,
    private readonly http: HttpClient,
  ) {
    const url = new URL(options.url);
    this.origin = url.origin;
    this.base = `${url.origin}${trimSlashes(url.pathname)}`;
    const { name, accessToken, accessTokenFile } = options;
    this.token = new AccessToken(accessToken, accessTokenFile);
    const login = `run "islet upstream login ${name}"`;
    this.remedies = {
      login: accessToken === undefined ? undefined : login,
      terms: `run "islet upstream login ${name} --accept-terms"`,
    };
  }

  /**
   * @param path below the base URL, `/_matrix/identity/…`
   * @param deadline on the clock of `performance.now()`
   * @returns a JSON object
   * @throws UpstreamResponseError for an error response, RateLimitedError for a rate-limit response,
   * HttpConnectionError if there is no response
   */
  async ask(
    path: string,
    body: object | undefined,
    maxBytes: number,
    deadline: number,
    viaPath: ViaPath = [],
  ): Promise<object> {
    return (await this.askForReply(path, body, maxBytes, deadline, viaPath)).answer;
  }

  /** Like `ask`, but also returns the identity servers that the response names as its origin, the nearest one last. */
  async askForReply(
    path: string,
    body: object | undefined,
    maxBytes: number,
    deadline: number,
    viaPath: ViaPath = [],
  ): Promise<{ readonly answer: object; readonly viaPath: ViaPath }> {
    const token = this.token.value;
    if (token === '' && !(await this.token.renew(token))) {
      throw new Error(`there is no access token for ${this.origin} yet: ${this.remedies.login}`);
    }
    let response = await this.send(path, body, maxBytes, deadline, viaPath);
    if (response.status === 401 && (await this.token.renew(token))) {
      response = await this.send(path, body, maxBytes, deadline, viaPath);
    }
    const answer = parse(response);
    if (response.status === 429) throw putOff(this.origin, response, answer);
    if (response.status !== 200) {
      throw new UpstreamResponseError(this.origin, response.status, errcodeOf(answer), this.remedies);
    }
    if (!answer) throw new Error(`the answer of ${this.origin} is not a JSON object`);
    return { answer, viaPath: routeIn(response.headers['via']) };
  }

  /** Reads the file of the token again. */
  async renewToken(): Promise<void> {
    await this.token.renew(this.token.value);
  }

  private send(
    path: string,
    body: object | undefined,
    maxBytes: number,
    deadline: number,
    viaPath: ViaPath,
  ): Promise<HttpResponse> {
    const gate = (this.gates[viaPath.length] ??= new Semaphore(MOST_REQUESTS));
    return gate.run(() => {
      const timeLimitMs = Math.ceil(deadline - performance.now());
      if (timeLimitMs <= 0) throw new Error(`${this.origin} is slow: too many lookups wait for it`);
      const { ca, clientCertificate, ownName } = this.options;
      const { value: accessToken } = this.token;
      return this.http.request({
        method: body ? 'POST' : 'GET',
        url: this.base + path,
        headers: {
          accept: 'application/json',
          ...(ownName !== undefined && { via: viaText([...viaPath, ownName]) }),
          ...(body && { 'content-type': 'application/json' }),
          ...(accessToken !== undefined && { authorization: `Bearer ${accessToken}` }),
        },
        ...(body && { body: JSON.stringify(body) }),
        timeLimitMs,
        maxBytes,
        chosenBy: 'operator',
        ...(ca !== undefined && { ca }),
        ...(clientCertificate !== undefined && { clientCertificate }),
      });
    });
  }
}

/** Spec: "Rate limiting". If both are present, `retry_after_ms` is used: it is more precise than `Retry-After`. */
function putOff(origin: string, { headers }: HttpResponse, answer: object | undefined): RateLimitedError {
  const { 'retry-after': header = '' } = headers;
  const inBody: unknown = answer && 'retry_after_ms' in answer ? answer.retry_after_ms : undefined;
  const inHeader = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  const waitMs = [inBody, inHeader].find((ms): ms is number => typeof ms === 'number' && ms >= 0);
  const when = waitMs === undefined ? 'later' : `in ${Math.ceil(waitMs / 1000)} s`;
  return new RateLimitedError(`${origin} answered 429: requests are paused and continue ${when}`, waitMs);
}

function parse({ body }: HttpResponse): object | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function errcodeOf(answer: object | undefined): string | undefined {
  const errcode: unknown = answer && 'errcode' in answer ? answer.errcode : undefined;
  return typeof errcode === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(errcode) ? errcode : undefined;
}

function explanation(status: number, errcode: string | undefined, { login, terms }: Hints): string {
  if (status >= 300 && status < 400) return `answered ${status}: redirects are not followed`;
  if (errcode === 'M_TERMS_NOT_SIGNED') return `requires that its terms of service are accepted: ${terms}`;
  if (status === 401 && login !== undefined) return `rejects the access token: ${login}`;
  return `answered ${status}${errcode ? ` ${errcode}` : ''}`;
}
