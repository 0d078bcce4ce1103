import type { AccountStore } from '../ports/account-store.js';
import type { Clock } from '../ports/clock.js';
import type { Homeservers } from '../ports/homeservers.js';
import type { Random } from '../ports/random.js';
import { Refused } from './errors.js';
import { homeserverOf, type Mxid, parseMxid } from './mxid.js';
import { isServerName } from './server-name.js';

const ACCESS_TOKEN_LENGTH = 64;

/** Who is signed in. Spec: "Authentication". */
export class Accounts {
  constructor(
    private readonly store: AccountStore,
    private readonly homeservers: Homeservers,
    private readonly random: Random,
    private readonly clock: Clock,
    /** Told of every user for whom a homeserver vouched. */
    private readonly onVouched: (mxid: Mxid) => void = () => undefined,
  ) {}

  /**
   * Signs in the user whom a homeserver vouches for. Spec: POST /account/register.
   *
   * @returns the access token
   * @throws Refused `homeserver_invalid`, `homeserver_not_allowed`, `homeserver_failed`,
   *   `openid_token_rejected`, or `homeserver_mismatch`
   */
  async register(homeserver: string, openIdToken: string): Promise<string> {
    if (!isServerName(homeserver)) throw new Refused('homeserver_invalid');
    const user = await this.homeservers.whoHasOpenIdToken(homeserver, openIdToken);
    if (user === undefined) throw new Refused('openid_token_rejected');
    const mxid = parseMxid(user);
    if (!mxid || homeserverOf(mxid) !== homeserver) {
      const other = mxid ? homeserverOf(mxid) : 'nobody';
      throw new Refused('homeserver_mismatch', { message: `The homeserver ${homeserver} says it speaks for ${other}` });
    }
    this.onVouched(mxid);
    const accessToken = this.random.text(ACCESS_TOKEN_LENGTH);
    await this.store.addToken(accessToken, mxid, this.clock.now());
    return accessToken;
  }

  /** @throws Refused `not_signed_in` */
  async whois(accessToken: string | undefined): Promise<Mxid> {
    const mxid = accessToken === undefined ? undefined : await this.store.find(accessToken);
    if (!mxid) throw new Refused('not_signed_in');
    return mxid;
  }

  /** Ends one access token. Spec: POST /account/logout. @throws Refused `not_signed_in`, `access_token_unknown` */
  async logout(accessToken: string | undefined): Promise<void> {
    if (accessToken === undefined) throw new Refused('not_signed_in');
    if (!(await this.store.removeToken(accessToken))) throw new Refused('access_token_unknown');
  }
}
