import { lookupHash } from '../../../src/domain/identifiers/lookup-hash.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { type Answer, IdentityClient } from '../client.js';
import { type Cluster, TERMS_URL } from './cluster.js';

/** What was answered with 200, and must therefore be true on every instance. */
export interface Effects {
  /** Bound addresses, with their users. */
  readonly bound: Map<string, string>;
  readonly signedIn: Set<string>;
  readonly signedOut: Set<string>;
  /** The number of addresses that were looked up for the user with the limit. */
  lookedUp: number;
  /** Requests refused by the limit. */
  refused: number;
  /** Requests without an answer, or with a 5xx: their effect is unknown. */
  failed: number;
  answered: number;
}

/** Users who continuously sign in and out, bind addresses and look some up, through one address. */
export class MixedLoad {
  readonly effects: Effects = {
    bound: new Map(),
    signedIn: new Set(),
    signedOut: new Set(),
    lookedUp: 0,
    refused: 0,
    failed: 0,
    answered: 0,
  };
  private isOver = false;
  private readonly running: Promise<void>[];
  private next = 0;

  constructor(
    private readonly cluster: Cluster,
    users: number,
  ) {
    this.running = [
      ...Array.from({ length: users }, () => this.repeat(() => this.bindOne())),
      this.repeat(() => this.signOutOne()),
      ...Array.from({ length: 2 }, () => this.repeat(() => this.lookUp())),
    ];
  }

  /** Ends after the requests that were begun. */
  async stop(): Promise<Effects> {
    this.isOver = true;
    await Promise.all(this.running);
    return this.effects;
  }

  private async repeat(work: () => Promise<void>): Promise<void> {
    while (!this.isOver) {
      await work().catch(() => {
        this.effects.failed += 1;
      });
      await new Promise((done) => setTimeout(done, 20));
    }
  }

  /** Signs in, accepts the terms, proves an address and binds it. */
  private async bindOne(): Promise<void> {
    const at = this.next++;
    const address = `guest${at}@example.net`;
    const client = await this.signIn('alice');
    const tokenRequest = { client_secret: `secret${at}`, email: address, send_attempt: 1 };
    const { sid } = this.ok(await client.post('/v2/validate/email/requestToken', tokenRequest));
    const text = this.cluster.mails.mails.findLast(({ mail }) => mail.text?.includes(`sid=${String(sid)}`))?.mail.text;
    const token = /[?&]token=([0-9A-Za-z]+)/.exec(text ?? '')?.[1];
    const proof = { sid, client_secret: `secret${at}` };
    this.ok(await client.post('/v2/validate/email/submitToken', { ...proof, token }));
    this.ok(await client.post('/v2/3pid/bind', { ...proof, mxid: '@alice:example.org' }));
    this.effects.bound.set(address, '@alice:example.org');
  }

  private async signOutOne(): Promise<void> {
    const client = await this.signIn('bert');
    this.ok(await client.post('/v2/account/logout', {}));
    this.effects.signedOut.add(client.token ?? '');
    this.effects.signedIn.delete(client.token ?? '');
  }

  private async lookUp(): Promise<void> {
    const client = await this.signIn('carla');
    const { lookup_pepper: pepper } = this.ok(await client.get('/v2/hash_details'));
    const addresses = [0, 1].map((i) => lookupHash(email(`nobody${this.next + i}@example.net`), String(pepper)));
    const answer = await client.post('/v2/lookup', { algorithm: 'sha256', pepper, addresses });
    if (answer.status === 429) {
      this.effects.refused += 1;
      return;
    }
    this.ok(answer);
    this.effects.lookedUp += addresses.length;
  }

  private async signIn(localpart: string): Promise<IdentityClient> {
    const client = new IdentityClient(this.cluster.url);
    this.ok(await client.register('example.org', `token-of-${localpart}`));
    this.effects.signedIn.add(client.token ?? '');
    this.ok(await client.post('/v2/terms', { user_accepts: [TERMS_URL] }));
    return client;
  }

  private ok({ status, body }: Answer): Answer['body'] {
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
    this.effects.answered += 1;
    return body;
  }
}
