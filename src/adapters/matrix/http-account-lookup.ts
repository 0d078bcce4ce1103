import { homeserverOf, type Mxid } from '../../domain/identifiers/mxid.js';
import type { AccountLookup } from '../../ports/account-lookup.js';
import type { HttpClient } from '../../ports/http-client.js';
import type { ClientPlaces } from './client-discovery.js';
import { parseJsonObject } from './parse-json.js';

/** How one homeserver is asked for accounts. */
export interface AccountAccess {
  /** Sent along, if the homeserver tells nobody else. */
  readonly accessToken?: { readonly value: string };
  /** `profile` is the profile that everybody sees; `synapse` is Synapse's own word, for its administrators only. */
  readonly accountApi: 'profile' | 'synapse';
}

const PATHS = { profile: '/_matrix/client/v3/profile/', synapse: '/_synapse/admin/v2/users/' } as const;
const TIME_LIMIT_MS = 10_000;
const MAX_BYTES = 256 * 1024;

export class HttpAccountLookup implements AccountLookup {
  /**
   * @param isAllowed whether a homeserver is talked to at all
   * @param access by server name; others are asked for profiles
   */
  constructor(
    private readonly http: HttpClient,
    private readonly apis: ClientPlaces,
    private readonly isAllowed: (homeserver: string) => boolean,
    private readonly access: Readonly<Record<string, AccountAccess>> = {},
    private readonly timeLimitMs = TIME_LIMIT_MS,
  ) {}

  async has(mxid: Mxid): Promise<boolean> {
    const homeserver = homeserverOf(mxid);
    if (!this.isAllowed(homeserver)) throw new Error(`${homeserver} is not a homeserver that is talked to`);
    const access = Object.hasOwn(this.access, homeserver) ? this.access[homeserver] : undefined;
    const { accessToken, accountApi } = access ?? { accountApi: 'profile' };
    const api = await this.apis.find(homeserver);
    const { status, body } = await this.http.request({
      ...api,
      method: 'GET',
      url: `${api.url}${PATHS[accountApi]}${encodeURIComponent(mxid)}`,
      headers: { ...api.headers, ...(accessToken !== undefined && { authorization: `Bearer ${accessToken.value}` }) },
      timeLimitMs: this.timeLimitMs,
      maxBytes: MAX_BYTES,
    });
    const content = parseJsonObject(body);
    // Old versions of Synapse say 0 and 1.
    if (status === 200 && content) return !(accountApi === 'synapse' && content['deactivated']);
    const errcode = content?.['errcode'];
    if (status === 404 && errcode === 'M_NOT_FOUND') return false;
    const word =
      typeof errcode === 'string' && /^[A-Z_]{1,40}$/.test(errcode) ? ` ${errcode}` : content ? '' : ', no JSON';
    throw new Error(
      `${new URL(api.url).host} -> GET ${PATHS[accountApi]}… -> ${status}${word}${adviceOn(status, homeserver, accountApi)}`,
    );
  }
}

function adviceOn(status: number, homeserver: string, accountApi: AccountAccess['accountApi']): string {
  const at = `homeservers.${homeserver}`;
  if (status === 404) return `: its proxy has to forward ${PATHS[accountApi]}, or ${at}.clientUrl leads elsewhere`;
  if (status !== 401 && status !== 403) return '';
  if (accountApi === 'synapse') return `: ${at}.accessToken has to be that of an administrator`;
  return `: it shows profiles to some only; ${at}.accountApi: synapse asks as its administrator`;
}
