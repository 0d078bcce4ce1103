import type { AccountStore } from '../../ports/account-store.js';
import type { Clock } from '../../ports/clock.js';
import type { Homeservers } from '../../ports/homeservers.js';
import type { Random } from '../../ports/random.js';
import { DomainError } from '../shared/errors.js';
import { homeserverOf, type Mxid, parseMxid } from '../identifiers/mxid.js';
import { isServerName } from '../identifiers/server-name.js';
import type { Quotas } from '../rate-limiting/quotas.js';

const ACCESS_TOKEN_LENGTH = 64;

export interface AccountDependencies {
  readonly store: AccountStore;
  readonly homeservers: Homeservers;
  readonly random: Random;
  readonly clock: Clock;
  readonly quotas: Quotas;
}

/** Who is signed in. Spec: "Authentication". */
export class AccountService {
  constructor(
    private readonly deps: AccountDependencies,
    /** Told of every user for whom a homeserver vouched. */
    private readonly onAuthenticated: (mxid: Mxid) => void = () => undefined,
  ) {}

  /**
   * Signs in the user whom a homeserver vouches for. A client is counted before the homeserver is
   * asked, a homeserver when it has vouched: nobody else can use up what its users may. Spec: POST
   * /account/register.
   *
   * @param client where the request comes from, if it is one that can be told from others
   * @returns the access token
   * @throws Refused `homeserver_invalid`, `homeserver_not_allowed`, `homeserver_failed`,
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
    return accessToken;
  }

  /** @throws Refused `not_signed_in` */
  async authenticate(accessToken: string | undefined): Promise<Mxid> {
    const mxid = accessToken === undefined ? undefined : await this.deps.store.find(accessToken);
    if (!mxid) throw new DomainError('not_signed_in');
    return mxid;
  }

  /** Ends one access token. Spec: POST /account/logout. @throws Refused `not_signed_in`, `access_token_unknown` */
  async logout(accessToken: string | undefined): Promise<void> {
    if (accessToken === undefined) throw new DomainError('not_signed_in');
    if (!(await this.deps.store.removeToken(accessToken))) throw new DomainError('access_token_unknown');
  }
}
