import type { Mxid } from '../../domain/identifiers/mxid.js';
import { parseMxid } from '../../domain/identifiers/mxid.js';
import type { HttpClient } from '../../ports/http-client.js';
import type { UserDirectory, UserDirectoryAnswer, UserDirectoryQuestion } from '../../ports/user-directory.js';
import { parseJsonObject } from './parse-json.js';

/** Header that marks searches sent by Islet. A search that comes back with it indicates a loop. */
export const SEARCH_MARK = 'x-islet-search';

const V3 = '/_matrix/client/v3';
const MAX_BYTES = 1024 * 1024;

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

  async whoami(accessToken: string): Promise<Mxid | undefined> {
    const { status, body } = await this.ask('GET', '/account/whoami', { authorization: `Bearer ${accessToken}` });
    if (status === 401 || status === 403) return undefined;
    const { user_id, is_guest } = parseJsonObject(body) ?? {};
    const mxid = typeof user_id === 'string' ? parseMxid(user_id) : undefined;
    if (status !== 200 || !mxid) throw new Error(`${this.host} -> GET ${V3}/account/whoami -> ${status}, and no user`);
    return is_guest === true ? undefined : mxid;
  }

  async search(question: UserDirectoryQuestion): Promise<UserDirectoryAnswer> {
    const { accessToken, searchTerm, limit, clientAddress, userAgent, acceptLanguage } = question;
    const headers = {
      authorization: `Bearer ${accessToken}`,
      'content-type': 'application/json',
      'x-forwarded-for': clientAddress,
      [SEARCH_MARK]: '1',
      ...(userAgent !== undefined && { 'user-agent': userAgent }),
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

  private async ask(method: 'GET' | 'POST', path: string, headers: Readonly<Record<string, string>>, body?: string) {
    const { url, ca, timeLimitMs } = this.place;
    return this.http.request({
      method,
      url: `${url}${V3}${path}`,
      headers,
      ...(body !== undefined && { body }),
      ...(ca !== undefined && { ca }),
      timeLimitMs,
      maxBytes: MAX_BYTES,
      chosenBy: 'operator',
    });
  }
}
