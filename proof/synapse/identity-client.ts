import { type Answer, type MatrixClient, requestJson } from './matrix-client.js';

/** The requests of a client to the identity server. */
export class IdentityClient {
  private constructor(
    private readonly url: string,
    readonly token: string,
  ) {}

  /** Signs a user in with an OpenID token of their homeserver. */
  static async signIn(url: string, user: MatrixClient): Promise<IdentityClient> {
    const answer = await requestJson(`${url}/_matrix/identity/v2/account/register`, 'POST', await user.openId());
    if (answer.status !== 200) throw new Error(`sign-in of ${user.mxid}: ${JSON.stringify(answer)}`);
    return new IdentityClient(url, answer.json.token);
  }

  /** @param path below `/_matrix/identity` */
  request(method: string, path: string, body?: object): Promise<Answer> {
    return requestJson(`${this.url}/_matrix/identity${path}`, method, body, this.token);
  }

  async requestEmailToken(email: string, clientSecret: string): Promise<string> {
    const body = { email, client_secret: clientSecret, send_attempt: 1 };
    const { status, json } = await this.request('POST', '/v2/validate/email/requestToken', body);
    if (status !== 200) throw new Error(`requestToken: ${status} ${JSON.stringify(json)}`);
    return json.sid;
  }
}
