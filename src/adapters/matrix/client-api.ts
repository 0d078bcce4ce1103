import type { JsonObject } from '../../domain/signing/canonical-json.js';
import { type Mxid, parseMxid } from '../../domain/identifiers/mxid.js';
import type { HttpClient, HttpRequest } from '../../ports/http-client.js';
import type { ClientPlace } from './client-discovery.js';
import { parseJsonObject } from './parse-json.js';

const V3 = '/_matrix/client/v3';
const LIMITS = { timeLimitMs: 15_000, maxBytes: 256 * 1024 } as const;

/** A user who is logged in at their homeserver. */
export interface MatrixSession {
  readonly user: Mxid;
  readonly accessToken: string;
}

/** The Client-Server API of a homeserver. Spec: Client-Server API. */
export class ClientApi {
  constructor(
    private readonly place: ClientPlace,
    private readonly http: HttpClient,
  ) {}

  /** @param user a user ID or its localpart. The caller must log out again. */
  async login(user: string, password: string): Promise<MatrixSession> {
    const answer = await this.ask('POST', '/login', undefined, {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user },
      password,
      initial_device_display_name: 'Islet',
    });
    const { user_id, access_token } = answer;
    const mxid = typeof user_id === 'string' ? parseMxid(user_id) : undefined;
    if (!mxid || typeof access_token !== 'string')
      throw new Error(`${this.origin} accepted the login but returned no user or no access token`);
    return { user: mxid, accessToken: access_token };
  }

  async logout({ accessToken }: MatrixSession): Promise<void> {
    await this.ask('POST', '/logout', accessToken, {});
  }

  /** The user ID to which the access token belongs. */
  async whoami(accessToken: string): Promise<Mxid> {
    const { user_id } = await this.ask('GET', '/account/whoami', accessToken);
    const mxid = typeof user_id === 'string' ? parseMxid(user_id) : undefined;
    if (!mxid) throw new Error(`${this.origin} does not return the user of the access token`);
    return mxid;
  }

  /** An OpenID token, by which other servers can verify the user. It is passed on unchanged. Spec: "OpenID". */
  async openIdToken({ user, accessToken }: MatrixSession): Promise<JsonObject> {
    const answer = await this.ask('POST', `/user/${encodeURIComponent(user)}/openid/request_token`, accessToken, {});
    if (typeof answer['access_token'] === 'string' && typeof answer['matrix_server_name'] === 'string') return answer;
    throw new Error(`${this.origin} returned no OpenID token`);
  }

  private get origin(): string {
    return new URL(this.place.url).origin;
  }

  private async ask(
    method: HttpRequest['method'],
    path: string,
    accessToken?: string,
    body?: JsonObject,
  ): Promise<JsonObject> {
    const { place } = this;
    const headers = {
      ...place.headers,
      ...(accessToken !== undefined && { authorization: `Bearer ${accessToken}` }),
      ...(body && { 'content-type': 'application/json' }),
    };
    const given = { method, headers, ...LIMITS, ...(body && { body: JSON.stringify(body) }) };
    const { status, body: text } = await this.http.request({ ...place, url: place.url + V3 + path, ...given });
    const answer = parseJsonObject(text);
    if (status === 200 && answer) return answer;
    throw new Error(`${this.origin} ${refusal(status, answer, path)}`);
  }
}

function refusal(status: number, answer: JsonObject | undefined, path: string): string {
  const errcode = answer?.['errcode'];
  const isKnown = typeof errcode === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(errcode);
  if (path === '/login' && errcode === 'M_FORBIDDEN') return 'rejects this user name and password';
  if (status === 401) return 'rejects the access token of this user';
  if (status === 200) return `answered ${V3}${path} with something that is not a JSON object`;
  return `answered ${V3}${path.startsWith('/user/') ? '/user/…' : path} with ${status}${isKnown ? ` ${errcode}` : ''}`;
}
