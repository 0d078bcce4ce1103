import type { HttpClient, HttpResponse } from '../../ports/http-client.js';
import type { ViaPath } from '../../ports/threepid-source.js';
import { AccessToken } from './access-token-file.js';
import { RateLimitedError } from './circuit-breaker.js';
import { Semaphore } from '../shared/concurrency.js';
import { routeIn, viaText } from '../../domain/lookup/via-header.js';
import { trimSlashes } from '../../domain/shared/trim-slashes.js';

export interface UpstreamOptions {
  /** As the chain of sources calls it. */
  readonly name: string;
  /** Its base, without `/_matrix`. */
  readonly url: string;
  /** What we are called in the routes of questions. */
  readonly ownName?: string;
  /** With one it is asked by v2, without by v1; `''` while its file has none yet. */
  readonly accessToken?: string | undefined;
  /** Looked into when there is no token, or it is refused. */
  readonly accessTokenFile?: string | undefined;
  /** Certificates to trust instead of the system's, PEM. */
  readonly ca?: string | undefined;
  /** For servers that want one: our certificate and its key, PEM. */
  readonly clientCertificate?: string | undefined;
  /** For a whole question, however many requests it takes and however long they wait for their turn. */
  readonly timeLimitMs: number;
}

const MOST_REQUESTS = 8;

/** What to do about a refusal. */
interface Hints {
  /** `undefined` where no account was shown. */
  readonly login: string | undefined;
  readonly terms: string;
}

/** An answer that says no. */
export class UpstreamResponseError extends Error {
  override readonly name = 'UpstreamResponseError';

  constructor(
    upstream: string,
    readonly status: number,
    /** `undefined` if it gave none. */
    readonly errcode: string | undefined,
    remedies: Hints,
  ) {
    super(`${upstream} ${explanation(status, errcode, remedies)}`);
  }
}

/** Asks another identity server, with few requests at once, and believes only JSON. */
export class UpstreamServer {
  readonly origin: string;
  private readonly base: string;
  /** By how far the questions have come: of servers that ask in a circle, none waits for its own turn. */
  private readonly gates: Semaphore[] = [];
  private readonly token: AccessToken;
  private readonly remedies: Hints;

  /** @throws if the URL is none */
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
   * @param path below the base, `/_matrix/identity/…`
   * @param deadline on the clock of `performance.now()`
   * @returns a JSON object
   * @throws UpstreamResponseError for an answer that says no, RateLimitedError for one that says later, HttpConnectionError if
   *   there is none
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

  /** The same, and the identity servers that the answer names as those it comes from, the nearest last. */
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
    if (!answer) throw new Error(`${this.origin} answered something that is not a JSON object`);
    return { answer, viaPath: routeIn(response.headers['via']) };
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

/** Spec: "Rate limiting"; `retry_after_ms` says it more precisely than `Retry-After`, where both do. */
function putOff(origin: string, { headers }: HttpResponse, answer: object | undefined): RateLimitedError {
  const { 'retry-after': header = '' } = headers;
  const inBody: unknown = answer && 'retry_after_ms' in answer ? answer.retry_after_ms : undefined;
  const inHeader = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  const waitMs = [inBody, inHeader].find((ms): ms is number => typeof ms === 'number' && ms >= 0);
  const when = waitMs === undefined ? 'later' : `in ${Math.ceil(waitMs / 1000)} s`;
  return new RateLimitedError(`${origin} answered 429: it may be asked again ${when}`, waitMs);
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
  if (errcode === 'M_TERMS_NOT_SIGNED') return `wants its terms of service to be accepted first: ${terms}`;
  if (status === 401 && login !== undefined) return `does not accept our access token: ${login}`;
  return `answered ${status}${errcode ? ` ${errcode}` : ''}`;
}
