import type { JsonObject } from '../../domain/signing/canonical-json.js';
import type { Policy } from '../../domain/accounts/policy.js';
import type { HttpClient } from '../../ports/http-client.js';
import { UpstreamResponseError, UpstreamServer, type UpstreamOptions } from './upstream-server.js';

const V2 = '/_matrix/identity/v2';
const MAX_BYTES = 256 * 1024;

/** The state of Islet's account at an upstream. */
export interface AccountState {
  /**
   * The user ID of the account; `undefined` if the upstream does not return it before its terms are accepted, or never
   * returns it.
   */
  readonly user: string | undefined;
  /** Policies that must be accepted before the upstream answers lookups. */
  readonly outstanding: readonly Policy[];
  /** Supported lookup algorithms; empty before the terms are accepted. */
  readonly algorithms: readonly string[];
}

/** Islet's account at another identity server. Spec: Identity Service API, "Authentication", "Terms of service". */
export class UpstreamAccount {
  readonly origin: string;
  private readonly server: UpstreamServer;
  /** The same server, without an access token. */
  private readonly openServer: UpstreamServer;

  constructor(
    private readonly options: UpstreamOptions,
    http: HttpClient,
  ) {
    this.server = new UpstreamServer(options, http);
    this.openServer = new UpstreamServer({ ...options, accessToken: undefined, accessTokenFile: undefined }, http);
    this.origin = this.server.origin;
  }

  /**
   * The supported versions of the specification. If the server does not publish them, the APIs (v1, v2) that respond.
   *
   * @throws if the server cannot be reached, or is not an identity server
   */
  async versions(): Promise<readonly string[]> {
    try {
      const { versions } = (await this.getOpen('/_matrix/identity/versions')) as { versions?: unknown };
      if (isTexts(versions)) return versions;
    } catch (error) {
      if (!(error instanceof UpstreamResponseError)) throw error;
    }
    const apis = { v1: '/_matrix/identity/api/v1', v2: V2 };
    const pings = Object.entries(apis).map(([api, path]) =>
      this.getOpen(path).then(
        () => [api],
        () => [],
      ),
    );
    const answering = (await Promise.all(pings)).flat();
    if (answering.length === 0) throw new Error(`${this.origin} does not answer like an identity server`);
    return answering;
  }

  /**
   * @param openIdToken created by the homeserver of the user
   * @returns an access token
   */
  async register(openIdToken: JsonObject): Promise<string> {
    const path = `${V2}/account/register`;
    try {
      const { token } = (await this.openServer.ask(path, openIdToken, MAX_BYTES, this.deadline())) as {
        token?: unknown;
      };
      if (typeof token === 'string' && token !== '' && !/\s/.test(token)) return token;
    } catch (cause) {
      if (!(cause instanceof UpstreamResponseError)) throw cause;
      const reason = 'it must be able to reach the homeserver of the user, which verifies the OpenID token';
      throw new Error(`${cause.message} when signing in: ${reason}`, { cause });
    }
    throw new Error(`${this.origin} answered 200 when signing in, but without a token`);
  }

  /** @throws UpstreamResponseError with status 401 if the upstream does not accept the access token */
  async state(): Promise<AccountState> {
    const [account, details] = await Promise.all([
      this.unlessTerms(() => this.get(`${V2}/account`)),
      this.unlessTerms(() => this.get(`${V2}/hash_details`)),
    ]);
    const user = (account as { user_id?: unknown } | undefined)?.user_id;
    const algorithms = (details as { algorithms?: unknown } | undefined)?.algorithms;
    return {
      user: typeof user === 'string' ? user : undefined,
      outstanding: account && details ? [] : await this.policies(),
      algorithms: isTexts(algorithms) ? algorithms : [],
    };
  }

  /** @param policies each is accepted in one of its languages */
  async accept(policies: readonly Policy[]): Promise<void> {
    const user_accepts = policies.flatMap((policy) => textOf(policy)?.url ?? []);
    await this.server.ask(`${V2}/terms`, { user_accepts }, MAX_BYTES, this.deadline());
  }

  private async policies(): Promise<readonly Policy[]> {
    const { policies } = (await this.getOpen(`${V2}/terms`)) as { policies?: unknown };
    if (!isRecord(policies)) throw new Error(`${this.origin} answered 200, but without terms`);
    const read = Object.entries(policies).flatMap(([id, policy]) => policyFrom(id, policy) ?? []);
    if (read.length === 0)
      throw new Error(`${this.origin} requires that its terms are accepted, but returned no terms`);
    return read;
  }

  private async unlessTerms(ask: () => Promise<object>): Promise<object | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof UpstreamResponseError && error.errcode === 'M_TERMS_NOT_SIGNED') return undefined;
      throw error;
    }
  }

  private get(path: string): Promise<object> {
    return this.server.ask(path, undefined, MAX_BYTES, this.deadline());
  }

  private getOpen(path: string): Promise<object> {
    return this.openServer.ask(path, undefined, MAX_BYTES, this.deadline());
  }

  private deadline(): number {
    return performance.now() + this.options.timeLimitMs;
  }
}

/** The policy text in English if available, otherwise in the first language. */
export const textOf = ({ languages }: Policy) => languages['en'] ?? Object.values(languages)[0];

function policyFrom(id: string, value: unknown): Policy | undefined {
  if (!isRecord(value) || typeof value['version'] !== 'string') return undefined;
  const languages = Object.entries(value).flatMap(([language, text]) => {
    if (!isRecord(text)) return [];
    const { name, url } = text;
    return typeof name === 'string' && typeof url === 'string' ? [[language, { name, url }] as const] : [];
  });
  return languages.length > 0 ? { id, version: value['version'], languages: Object.fromEntries(languages) } : undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((element) => typeof element === 'string');
