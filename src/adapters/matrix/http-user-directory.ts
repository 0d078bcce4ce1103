import type { Mxid } from '../../domain/identifiers/mxid.js';
import { parseMxid } from '../../domain/identifiers/mxid.js';
import type { HttpClient } from '../../ports/http-client.js';
import type {
  UserDirectory,
  UserDirectoryAnswer,
  UserDirectoryCaller,
  UserDirectoryQuestion,
  UserProfile,
} from '../../ports/user-directory.js';
import { parseJsonObject } from './parse-json.js';

/** Header that marks searches sent by Islet. A search that comes back with it indicates a loop. */
export const SEARCH_MARK = 'x-islet-search';

const V3 = '/_matrix/client/v3';
const MAX_BYTES = 1024 * 1024;
const MAX_PROFILE_BYTES = 64 * 1024;
const PROFILE_LIMIT_MS = 500;
const LONGEST_NAME = 256;
const LONGEST_AVATAR_URL = 1000;

export interface UserDirectoryPlace {
  /** Base URL of the homeserver's own Client-Server API. */
  readonly url: string;
  readonly ca?: string | undefined;
  readonly timeLimitMs: number;
}

/** The user directory search of a homeserver. */
export class HttpUserDirectory implements UserDirectory {
  constructor(
    private readonly place: UserDirectoryPlace,
    private readonly http: HttpClient,
  ) {}

  async whoami(caller: UserDirectoryCaller): Promise<Mxid | undefined> {
    const { status, body } = await this.ask('GET', '/account/whoami', headersOf(caller));
    if (status === 401 || status === 403) return undefined;
    const { user_id, is_guest } = parseJsonObject(body) ?? {};
    const mxid = typeof user_id === 'string' ? parseMxid(user_id) : undefined;
    if (status !== 200 || !mxid)
      throw new Error(`${this.host} -> GET ${V3}/account/whoami -> ${status}, without a user`);
    return is_guest === true ? undefined : mxid;
  }

  async profile(caller: UserDirectoryCaller, user: Mxid): Promise<UserProfile | undefined> {
    const path = `/profile/${encodeURIComponent(user)}`;
    const limits = { timeLimitMs: Math.min(PROFILE_LIMIT_MS, this.place.timeLimitMs), maxBytes: MAX_PROFILE_BYTES };
    const { status, body } = await this.ask('GET', path, headersOf(caller), undefined, limits);
    if (status === 403 || status === 404) return undefined;
    const profile = status === 200 ? parseJsonObject(body) : undefined;
    if (!profile) throw new Error(`${this.host} -> GET ${V3}/profile -> ${status}, and no profile`);
    const { displayname, avatar_url } = profile;
    const name = typeof displayname === 'string' ? displayname.trim() : '';
    const isAvatar = typeof avatar_url === 'string' && avatar_url.startsWith('mxc://');
    return {
      ...(name !== '' && name.length <= LONGEST_NAME && { name }),
      ...(isAvatar && avatar_url.length <= LONGEST_AVATAR_URL && { avatarUrl: avatar_url }),
    };
  }

  async search(question: UserDirectoryQuestion): Promise<UserDirectoryAnswer> {
    const { searchTerm, limit, acceptLanguage } = question;
    const headers = {
      ...headersOf(question),
      'content-type': 'application/json',
      [SEARCH_MARK]: '1',
      ...(acceptLanguage !== undefined && { 'accept-language': acceptLanguage }),
    };
    const given = JSON.stringify({ search_term: searchTerm, limit });
    const answer = await this.ask('POST', '/user_directory/search', headers, given);
    const { status, body } = answer;
    const retryAfter = answer.headers['retry-after'];
    return { status, body, ...(retryAfter !== undefined && { retryAfter }) };
  }

  private get host(): string {
    return new URL(this.place.url).host;
  }

  private async ask(
    method: 'GET' | 'POST',
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: string,
    limits = { timeLimitMs: this.place.timeLimitMs, maxBytes: MAX_BYTES },
  ) {
    const { url, ca } = this.place;
    return this.http.request({
      method,
      url: `${url}${V3}${path}`,
      headers,
      ...(body !== undefined && { body }),
      ...(ca !== undefined && { ca }),
      ...limits,
      chosenBy: 'operator',
    });
  }
}

const headersOf = ({
  accessToken,
  clientAddress,
  userAgent,
}: UserDirectoryCaller): Readonly<Record<string, string>> => ({
  authorization: `Bearer ${accessToken}`,
  'x-forwarded-for': clientAddress,
  ...(userAgent !== undefined && { 'user-agent': userAgent }),
});
