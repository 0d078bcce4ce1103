import type { AccountStore } from '../../ports/account-store.js';
import type { Clock } from '../../ports/clock.js';
import type { Homeservers } from '../../ports/homeservers.js';
import type { Random } from '../../ports/random.js';
import type { Cause } from '../shared/cause.js';
import { DomainError } from '../shared/errors.js';
import { homeserverOf, type Mxid, parseMxid } from '../identifiers/mxid.js';
import { isServerName } from '../identifiers/server-name.js';
import type { Quotas } from '../rate-limiting/quotas.js';

const ACCESS_TOKEN_LENGTH = 64;
/** The maximum number of token uses noted between two calls of `purge`. Further ones are noted at the next use. */
const MOST_NOTES = 100_000;
/** The use of a token is stored with at most this delay, by any instance. */
const USE_STORED_WITHIN_MS = 60 * 60 * 1000;

export interface AccountOptions {
  /** The maximum number of access tokens per user; `undefined` means no limit. */
  readonly tokensPerUser?: number | undefined;
  /**
   * While the store cannot be read: the maximum age of cached answers, where these are acceptable. See `authenticate`.
   */
  readonly outageMs?: number;
  /** How long an access token remains valid without being used. */
  readonly idleMs: number;
  /** Homeservers whose users may sign in; `undefined` means all. */
  readonly servedHomeservers?: readonly string[] | undefined;
}

export interface AccountDependencies {
  readonly store: AccountStore;
  readonly homeservers: Homeservers;
  readonly random: Random;
  readonly clock: Clock;
  readonly quotas: Quotas;
}

/** Signs users in and checks access tokens. Spec: "Authentication". */
export class AccountService {
  private readonly used = new Set<string>();
  private readonly served: ReadonlySet<string> | undefined;

  constructor(
    private readonly deps: AccountDependencies,
    private readonly options: AccountOptions,
    /** Called for every user confirmed by a homeserver. */
    private readonly onAuthenticated: (mxid: Mxid) => void = () => undefined,
  ) {
    this.served = options.servedHomeservers && new Set(options.servedHomeservers);
  }

  /**
   * Signs in a user confirmed by their homeserver. The limit of the client is counted before the homeserver is
   * contacted, the limit of the homeserver after it has confirmed the user. So nobody else can use up the limit of a
   * homeserver. Spec: POST /account/register.
   *
   * @param client the origin of the request, if clients can be told apart
   * @returns the access token
   * @throws DomainError `homeserver_invalid`, `homeserver_not_allowed`, `homeserver_failed`, `openid_token_rejected`,
   *   `homeserver_mismatch`, or `limit_exceeded`
   */
  async register(homeserver: string, openIdToken: string, client?: string, cause?: Omit<Cause, 'by'>): Promise<string> {
    if (!isServerName(homeserver)) throw new DomainError('homeserver_invalid');
    if (client !== undefined) await this.deps.quotas.consumeFor('signIn', { user: undefined, client });
    const user = await this.deps.homeservers.whoHasOpenIdToken(homeserver, openIdToken);
    if (user === undefined) throw new DomainError('openid_token_rejected');
    const mxid = parseMxid(user);
    if (!mxid || homeserverOf(mxid) !== homeserver) {
      const other = mxid ? homeserverOf(mxid) : 'an unknown server';
      throw new DomainError('homeserver_mismatch', {
        message: `The homeserver ${homeserver} answered for a user of ${other}`,
      });
    }
    this.onAuthenticated(mxid);
    await this.deps.quotas.takeOfHomeserver('signIn', homeserver);
    const accessToken = this.deps.random.text(ACCESS_TOKEN_LENGTH);
    await this.deps.store.addToken(accessToken, mxid, this.deps.clock.now(), { ...cause, by: mxid });
    const { tokensPerUser } = this.options;
    if (tokensPerUser !== undefined) await this.deps.store.keepLatest(mxid, tokensPerUser);
    return accessToken;
  }

  /**
   * @param isForLookup whether a cached answer is acceptable while the store cannot be read
   * @throws DomainError `not_signed_in`
   * @throws StoreUnavailableError if the store cannot be read and there is no cached answer
   */
  async authenticate(accessToken: string | undefined, isForLookup = false): Promise<Mxid> {
    const outageMs = isForLookup ? this.options.outageMs : 0;
    const mxid = accessToken === undefined ? undefined : await this.deps.store.find(accessToken, outageMs);
    if (accessToken === undefined || !mxid || !this.isServed(mxid)) throw new DomainError('not_signed_in');
    if (this.used.size < MOST_NOTES) this.used.add(accessToken);
    return mxid;
  }

  /**
   * Stores which tokens were used. Removes tokens that were not used for too long, and tokens of users whose homeserver
   * is no longer served. Call it about every ten minutes.
   */
  async purge(): Promise<void> {
    const now = this.deps.clock.now();
    const used = [...this.used];
    this.used.clear();
    await this.deps.store.markUsed(used, now);
    await this.deps.store.purge(now - this.options.idleMs - USE_STORED_WITHIN_MS);
    if (!this.served) return;
    for await (const page of this.deps.store.all()) {
      const mxids = new Set(page.flatMap(({ mxid }) => (this.isServed(mxid) ? [] : mxid)));
      if (mxids.size > 0) await this.deps.store.removeOf([...mxids], 'the homeserver is not served any more');
    }
  }

  /**
   * Removes one access token. Spec: POST /account/logout. @throws DomainError `not_signed_in`, `access_token_unknown`
   */
  async logout(accessToken: string | undefined, cause?: Cause): Promise<void> {
    if (accessToken === undefined) throw new DomainError('not_signed_in');
    if (!(await this.deps.store.removeToken(accessToken, cause))) throw new DomainError('access_token_unknown');
  }

  private isServed(mxid: Mxid): boolean {
    return this.served?.has(homeserverOf(mxid)) ?? true;
  }
}
