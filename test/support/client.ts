import { lookupHash } from '../../src/domain/identifiers/lookup-hash.js';
import { email } from '../../src/domain/identifiers/threepid.js';
import { expectConformance } from './contract/violations.js';

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The HTTP requests of a client that only knows the specification. */
export class IdentityClient {
  private accessToken: string | undefined;

  constructor(private readonly url: string) {}

  /** @param homeserver the server name of the stand-in that accepts `openIdToken` */
  async register(homeserver: string, openIdToken: string): Promise<Answer> {
    const answer = await this.post('/v2/account/register', {
      access_token: openIdToken,
      token_type: 'Bearer',
      matrix_server_name: homeserver,
      expires_in: 3600,
    });
    this.accessToken = answer.body['token'] as string | undefined;
    return answer;
  }

  /** The access token, if it is signed in. */
  get token(): string | undefined {
    return this.accessToken;
  }

  /** Uses the access token of another client. */
  signInAs({ accessToken }: IdentityClient): void {
    this.accessToken = accessToken;
  }

  /** Uses an existing access token. */
  useToken(accessToken: string): void {
    this.accessToken = accessToken;
  }

  get(path: string): Promise<Answer> {
    return this.call(path, { headers: this.headers() });
  }

  /** JSON, or a string as curl's `-d` sends it. */
  post(path: string, body: object | string): Promise<Answer> {
    const isForm = typeof body === 'string';
    const type = isForm ? 'application/x-www-form-urlencoded' : 'application/json';
    return this.call(path, {
      method: 'POST',
      headers: { ...this.headers(), 'content-type': type },
      body: isForm ? body : JSON.stringify(body),
    });
  }

  /** The users with these email addresses, by a hashed lookup as in current clients. */
  async findHashed(addresses: readonly string[]): Promise<Record<string, string>> {
    const { body: details } = await this.get('/v2/hash_details');
    const pepper = String(details['lookup_pepper']);
    const hashes = new Map(addresses.map((address) => [lookupHash(email(address), pepper), address]));
    const { status, body } = await this.post('/v2/lookup', {
      algorithm: 'sha256',
      pepper,
      addresses: [...hashes.keys()],
    });
    if (status !== 200) throw new Error(`lookup answered ${status} ${JSON.stringify(body)}`);
    const mappings = body['mappings'] as Record<string, string>;
    return Object.fromEntries(Object.entries(mappings).map(([hash, mxid]) => [hashes.get(hash) ?? hash, mxid]));
  }

  /** The users with these entries (`<address> <medium>`), by a plain lookup. */
  async findPlain(entries: readonly string[]): Promise<Record<string, string>> {
    const { body: details } = await this.get('/v2/hash_details');
    const pepper = String(details['lookup_pepper']);
    const { status, body } = await this.post('/v2/lookup', { algorithm: 'none', pepper, addresses: entries });
    if (status !== 200) throw new Error(`lookup answered ${status} ${JSON.stringify(body)}`);
    return body['mappings'] as Record<string, string>;
  }

  private headers(): Record<string, string> {
    return this.accessToken === undefined ? {} : { authorization: `Bearer ${this.accessToken}` };
  }

  private async call(path: string, init: RequestInit): Promise<Answer> {
    const prefix = path.startsWith('/v1') ? '/_matrix/identity/api' : '/_matrix/identity';
    const response = await fetch(`${this.url}${prefix}${path}`, { ...init, signal: AbortSignal.timeout(60_000) });
    const text = await response.text();
    expectConformance(init.method ?? 'GET', `${prefix}${path}`, {
      status: response.status,
      headers: response.headers,
      text,
    });
    const isJson = response.headers.get('content-type')?.includes('json');
    return { status: response.status, body: isJson ? (JSON.parse(text) as Answer['body']) : { html: text } };
  }
}
