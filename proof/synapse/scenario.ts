import { eventually } from '../../test/support/eventually.js';
import type { Report } from '../shared/report.js';
import { type Environment, ID_SERVER } from './environment.js';
import { IdentityClient } from './identity-client.js';
import { MatrixClient } from './matrix-client.js';
import type { Exchange } from './recording-proxy.js';

/** The maximum wait for asynchronous effects, including retries after an error of a homeserver. */
const PATIENCE_MS = 90_000;

/** The users of the proof and what they do on the servers. */
export class Scenario {
  private constructor(
    readonly environment: Environment,
    readonly report: Report,
    /** A user of the first homeserver, who is its administrator. */
    readonly alice: MatrixClient,
    /** A user of the second homeserver. */
    readonly erin: MatrixClient,
    private readonly identities: Map<string, IdentityClient>,
  ) {}

  static async begin(environment: Environment, report: Report): Promise<Scenario> {
    const alice = await MatrixClient.register(environment.hs1, 'alice', true);
    const erin = await MatrixClient.register(environment.hs2, 'erin');
    return new Scenario(environment, report, alice, erin, new Map());
  }

  register(localpart: string): Promise<MatrixClient> {
    return MatrixClient.register(this.environment.hs1, localpart);
  }

  /** A client of the identity server for this user. */
  async identity(user: MatrixClient): Promise<IdentityClient> {
    const client = this.identities.get(user.mxid) ?? (await IdentityClient.signIn(this.environment.islet.url, user));
    this.identities.set(user.mxid, client);
    return client;
  }

  /** Invites an address as a client does. @returns whether the homeserver accepted it */
  async invite(inviter: MatrixClient, roomId: string, address: string): Promise<boolean> {
    const { token } = await this.identity(inviter);
    const { status, json } = await inviter.inviteByEmail(roomId, address, ID_SERVER, token);
    this.report.check(`${inviter.mxid} invites ${address}: 200`, status === 200, status === 200 ? undefined : json);
    return status === 200;
  }

  /** Checks that a user gets an invitation and can join the room. */
  async expectInvited(user: MatrixClient, roomId: string): Promise<void> {
    const start = Date.now();
    const arrived = await eventually(async () => (await user.invitations()).includes(roomId), PATIENCE_MS).catch(
      () => false,
    );
    const seconds = Math.round((Date.now() - start) / 1000);
    this.report.check(`${user.mxid} has the invitation`, arrived, `after ${seconds} s`);
    if (arrived) this.report.check(`${user.mxid} joins`, (await user.join(roomId)).status === 200);
  }

  /** Validates an address at the identity server with the link in the mail. @returns the sid of the session */
  async validate(user: MatrixClient, address: string, clientSecret: string): Promise<string> {
    const sid = await (await this.identity(user)).requestEmailToken(address, clientSecret);
    const link = await this.linkMailedTo(address);
    const page = await (await fetch(link)).text();
    const action = /<form[^>]* action="([^"]+)"/.exec(page)?.[1] ?? '';
    await fetch(new URL(action, link), { method: 'POST', body: link.searchParams });
    return sid;
  }

  /** Binds an address through the homeserver, as Element does. @param idServer the name that the client sends */
  async bind(user: MatrixClient, address: string, idServer: string = ID_SERVER): Promise<number> {
    const clientSecret = `secret-of-${user.localpart}`;
    const sid = await this.validate(user, address, clientSecret);
    const { token } = await this.identity(user);
    const body = { sid, client_secret: clientSecret, id_server: idServer, id_access_token: token };
    const { status, json } = await user.request('POST', '/account/3pid/bind', body);
    this.report.note(`bind of ${address} at ${idServer}: ${status} ${JSON.stringify(json)}`);
    return status;
  }

  /** The user with an address, by a hashed lookup as in clients. */
  async lookUp(address: string): Promise<string | undefined> {
    const identity = await this.identity(this.alice);
    const { json: details } = await identity.request('GET', '/v2/hash_details');
    const { createHash } = await import('node:crypto');
    const text = `${address} email ${details.lookup_pepper}`;
    const hash = createHash('sha256').update(text).digest('base64url');
    const body = { addresses: [hash], algorithm: 'sha256', pepper: details.lookup_pepper };
    return (await identity.request('POST', '/v2/lookup', body)).json.mappings[hash];
  }

  mailsTo(address: string) {
    return this.environment.mails.mails.filter(({ envelope }) => envelope.to.includes(address));
  }

  /** The requests through the proxies since this time, to these paths. */
  seen(since: number, path: RegExp): readonly Exchange[] {
    return this.environment.exchanges.filter((exchange) => exchange.at >= since && path.test(exchange.path));
  }

  private async linkMailedTo(address: string): Promise<URL> {
    const received = await eventually(() =>
      this.environment.mails.mails.findLast(
        ({ envelope, mail }) => envelope.to.includes(address) && /\/validate\//.test(mail.text ?? ''),
      ),
    );
    const [link = ''] = /https:\/\/\S+/.exec(received.mail.text ?? '') ?? [];
    return new URL(link.replace(`https://${ID_SERVER}`, this.environment.islet.url));
  }
}
