import type { JsonObject } from '../../domain/signing/canonical-json.js';
import { homeserverOf, type Mxid } from '../../domain/identifiers/mxid.js';
import type { AccountLookup } from '../../ports/account-lookup.js';
import type { HttpClient } from '../../ports/http-client.js';
import { type RotatingSecret, withNewestSecrets } from '../shared/rotating-secret.js';
import type { ClientPlaces } from './client-discovery.js';
import { parseJsonObject } from './parse-json.js';

/** How to look up accounts of one homeserver. */
export interface AccountAccess {
  /** Sent with requests, for homeservers that require authentication. */
  readonly accessToken?: RotatingSecret;
  /**
   * `profile` is the public profile; `synapse` is the admin API of Synapse, which requires an administrator's token.
   */
  readonly accountApi: 'profile' | 'synapse';
}

const PATHS = { profile: '/_matrix/client/v3/profile/', synapse: '/_synapse/admin/v2/users/' } as const;
/** The errcode of Synapse (since 1.135) for users without a row in its profiles table: they have no account. */
const NO_ROW = 'M_UNKNOWN';
const DISPLAY_NAME = '/displayname';
const TIME_LIMIT_MS = 10_000;
const MAX_BYTES = 256 * 1024;

export interface AccountLookupDeps {
  readonly http: HttpClient;
  readonly apis: ClientPlaces;
  /** Whether Islet talks to a homeserver at all. */
  readonly isAllowed: (homeserver: string) => boolean;
  /** By server name; homeservers that are not named are asked for profiles. */
  readonly access?: Readonly<Record<string, AccountAccess>>;
  /** For each request, in ms. */
  readonly timeLimitMs?: number;
}

export class HttpAccountLookup implements AccountLookup {
  constructor(private readonly deps: AccountLookupDeps) {}

  async has(mxid: Mxid): Promise<boolean> {
    const homeserver = homeserverOf(mxid);
    if (!this.deps.isAllowed(homeserver))
      throw new Error(`connections to ${homeserver} are not allowed (federation.allowedServers)`);
    const { access: byName = {} } = this.deps;
    const access = Object.hasOwn(byName, homeserver) ? byName[homeserver] : undefined;
    const { accountApi } = access ?? { accountApi: 'profile' as const };
    const answer = await this.ask(homeserver, mxid, access);
    // Old versions of Synapse use 0 and 1.
    if (typeof answer === 'object') return !(accountApi === 'synapse' && answer['deactivated']);
    if (accountApi === 'synapse' || answer === NO_ROW) return false;
    return this.hasEmptyProfile(homeserver, mxid, access);
  }

  /**
   * Synapse responds in the same way for an empty profile and for no profile, but returns a display name, possibly an
   * empty one, for every account. Some servers also return a display name for users who do not exist. On those servers,
   * no profile means no account.
   */
  private async hasEmptyProfile(homeserver: string, mxid: Mxid, access: AccountAccess | undefined): Promise<boolean> {
    if (typeof (await this.ask(homeserver, mxid, access, DISPLAY_NAME)) !== 'object') return false;
    const absentUser = await this.ask(homeserver, `@no such user:${homeserver}`, access, DISPLAY_NAME).catch(
      () => undefined,
    );
    return absentUser === 'M_NOT_FOUND' || absentUser === NO_ROW;
  }

  /** @returns the data of a user, or the errcode for a missing user. @throws Error for any other response */
  private async ask(
    homeserver: string,
    mxid: string,
    { accountApi, accessToken }: AccountAccess = { accountApi: 'profile' },
    field = '',
  ): Promise<JsonObject | 'M_NOT_FOUND' | typeof NO_ROW> {
    const api = await this.deps.apis.find(homeserver);
    const { status, body } = await withNewestSecrets(accessToken ? [accessToken] : [], () =>
      this.deps.http.request({
        ...api,
        method: 'GET',
        url: `${api.url}${PATHS[accountApi]}${encodeURIComponent(mxid)}${field}`,
        headers: { ...api.headers, ...(accessToken && { authorization: `Bearer ${accessToken.value}` }) },
        timeLimitMs: this.deps.timeLimitMs ?? TIME_LIMIT_MS,
        maxBytes: MAX_BYTES,
      }),
    );
    const content = parseJsonObject(body);
    if (status === 200 && content) return content;
    const errcode = content?.['errcode'];
    if (status === 404 && (errcode === 'M_NOT_FOUND' || errcode === NO_ROW)) return errcode;
    const word =
      typeof errcode === 'string' && /^[A-Z_]{1,40}$/.test(errcode) ? ` ${errcode}` : content ? '' : ', not JSON';
    throw new Error(
      `${new URL(api.url).host} -> GET ${PATHS[accountApi]}…${field} -> ${status}${word}${adviceOn(status, homeserver, accountApi)}`,
    );
  }
}

function adviceOn(status: number, homeserver: string, accountApi: AccountAccess['accountApi']): string {
  const at = `homeservers.${homeserver}`;
  if (status === 404) return `: its proxy must forward ${PATHS[accountApi]}, or ${at}.clientUrl is wrong`;
  if (status !== 401 && status !== 403) return '';
  if (accountApi === 'synapse') return `: ${at}.accessToken must be the access token of an administrator`;
  return `: it does not show profiles to everyone; use ${at}.accountApi: synapse with the access token of an administrator`;
}
