import type { AccountStore } from '../../ports/account-store.js';
import type { Clock } from '../../ports/clock.js';
import type { Homeservers } from '../../ports/homeservers.js';
import type { Random } from '../../ports/random.js';
import { DomainError } from '../shared/errors.js';
import { homeserverOf, type Mxid, parseMxid } from '../identifiers/mxid.js';
import { isServerName } from '../identifiers/server-name.js';
import type { Quotas } from '../rate-limiting/quotas.js';

const ACCESS_TOKEN_LENGTH = 64;
/** What is noted between two rounds of `purge`. What is beyond that is noted when it is used again. */
const MOST_NOTES = 100_000;
/** How much later than it was the use of a token may be stored, by whichever instance. */
const USE_STORED_WITHIN_MS = 60 * 60 * 1000;

export interface AccountOptions {
  /** Most access tokens of one user; `undefined` is without limit. */
  readonly tokensPerUser?: number | undefined;
  /** While the store cannot be read, how old what is known of a token may be where that is enough: see `authenticate`. */
  readonly outageMs?: number;
  /** How long an access token stays good without being used. */
  readonly idleMs: number;
  /** Homeservers whose users are served; `undefined` is all. */
  readonly servedHomeservers?: readonly string[] | undefined;
}

export interface AccountDependencies {
  readonly store: AccountStore;
  readonly homeservers: Homeservers;
  readonly random: Random;
  readonly clock: Clock;
  readonly quotas: Quotas;
}

/** Who is signed in. Spec: "Authentication". */
export class AccountService {
  private readonly used = new Set<string>();
  private readonly served: ReadonlySet<string> | undefined;

  constructor(
    private readonly deps: AccountDependencies,
    private readonly options: AccountOptions,
    /** Told of every user for whom a homeserver vouched. */
    private readonly onAuthenticated: (mxid: Mxid) => void = () => undefined,
  ) {
    this.served = options.servedHomeservers && new Set(options.servedHomeservers);
  }

  /**
   * Signs in the user whom a homeserver vouches for. A client is counted before the homeserver is
   * asked, a homeserver when it has vouched: nobody else can use up what its users may. Spec: POST
   * /account/register.
   *
   * @param client where the request comes from, if it is one that can be told from others
   * @returns the access token
   * @throws DomainError `homeserver_invalid`, `homeserver_not_allowed`, `homeserver_failed`,
   *   `openid_token_rejected`, `homeserver_mismatch`, or `limit_exceeded`
   */
  async register(homeserver: string, openIdToken: string, client?: string): Promise<string> {
    if (!isServerName(homeserver)) throw new DomainError('homeserver_invalid');
    if (client !== undefined) await this.deps.quotas.consumeFor('signIn', { user: undefined, client });
    const user = await this.deps.homeservers.whoHasOpenIdToken(homeserver, openIdToken);
    if (user === undefined) throw new DomainError('openid_token_rejected');
    const mxid = parseMxid(user);
    if (!mxid || homeserverOf(mxid) !== homeserver) {
      const other = mxid ? homeserverOf(mxid) : 'nobody';
      throw new DomainError('homeserver_mismatch', {
        message: `The homeserver ${homeserver} says it speaks for ${other}`,
      });
    }
    this.onAuthenticated(mxid);
    await this.deps.quotas.takeOfHomeserver('signIn', homeserver);
    const accessToken = this.deps.random.text(ACCESS_TOKEN_LENGTH);
    await this.deps.store.addToken(accessToken, mxid, this.deps.clock.now());
    const { tokensPerUser } = this.options;
    if (tokensPerUser !== undefined) await this.deps.store.keepLatest(mxid, tokensPerUser);
    return accessToken;
  }

  /**
   * @param isForLookup whether what was known a while ago is enough while the store cannot be read
   * @throws DomainError `not_signed_in`
   * @throws StoreUnavailableError if nothing can be read, and it is not known
   */
  async authenticate(accessToken: string | undefined, isForLookup = false): Promise<Mxid> {
    const outageMs = isForLookup ? this.options.outageMs : 0;
    const mxid = accessToken === undefined ? undefined : await this.deps.store.find(accessToken, outageMs);
    if (accessToken === undefined || !mxid || !this.isServed(mxid)) throw new DomainError('not_signed_in');
    if (this.used.size < MOST_NOTES) this.used.add(accessToken);
    return mxid;
  }

  /**
   * Stores which tokens were used, and ends those that were not for too long, and those of users whose
   * homeserver is not served any more. To be called every ten minutes or so.
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
      if (mxids.size > 0) await this.deps.store.removeOf([...mxids]);
    }
  }

  /** Ends one access token. Spec: POST /account/logout. @throws DomainError `not_signed_in`, `access_token_unknown` */
  async logout(accessToken: string | undefined): Promise<void> {
    if (accessToken === undefined) throw new DomainError('not_signed_in');
    if (!(await this.deps.store.removeToken(accessToken))) throw new DomainError('access_token_unknown');
  }

  private isServed(mxid: Mxid): boolean {
    return this.served?.has(homeserverOf(mxid)) ?? true;
  }
}
