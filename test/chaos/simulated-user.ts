import { setTimeout as pause } from 'node:timers/promises';
import { type Answer, ChaosClient } from './client.js';
import type { AddressPromise, Model, TokenPromise } from './model.js';
import type { SeededRandom } from './random.js';
import type { World } from './world.js';

type Body = Readonly<Record<string, unknown>>;

/** Ends the actions of a user after a request that was not answered with 200. */
class Unanswered extends Error {}

/** The client sends only valid requests, so these statuses are broken promises to a signed-in user. */
const REFUSALS: readonly number[] = [400, 401, 403, 404];

/** One user, their requests, and what was promised to them. */
class SimulatedUser {
  private readonly client: ChaosClient;
  private readonly localpart: string;
  private readonly mxid: string;
  private readonly secret: string;

  constructor(
    private readonly world: World,
    private readonly model: Model,
    private readonly random: SeededRandom,
    private readonly number = model.users++,
  ) {
    this.localpart = `u${String(number).replace(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)))}`;
    this.mxid = `@${this.localpart}:example.org`;
    this.secret = `secret_${this.localpart}`;
    this.client = new ChaosClient(() => world.fleet.route(), model.counts);
  }

  /** Everything from the first sign-in to the last sign-out, as long as there are answers. */
  async run(): Promise<void> {
    const { client, model, random, mxid, number } = this;
    if (!(await client.signIn(this.localpart))) throw new Unanswered();
    const token: TokenPromise = { accessToken: client.accessToken ?? '', mxid, state: 'good' };
    model.tokens.push(token);
    model.counts.signIns++;
    const isPhone = random.chance(0.2);
    const promise: AddressPromise = {
      medium: isPhone ? 'msisdn' : 'email',
      address: isPhone ? String(4_915_112_000_000 + number) : `${this.localpart}@mail.test`,
      mxid,
      state: 'free',
      wasBindAsked: false,
      invites: [],
    };
    model.addresses.push(promise);
    if (!isPhone && random.chance(0.5)) await this.invite(promise);
    const sid = await this.validate(promise);
    await this.bind(promise, sid);
    if (random.chance(0.3)) await this.unbind(promise, sid);
    if (random.chance(0.3)) await this.signOut(token);
  }

  private async invite(promise: AddressPromise): Promise<void> {
    const body = { medium: 'email', address: promise.address, room_id: '!room:example.org', sender: promise.mxid };
    promise.invites.push(String((await this.post('/store-invite', body))['token']));
    this.model.undelivered.add(promise);
    this.model.counts.invites++;
  }

  private async validate({ medium, address }: AddressPromise): Promise<string> {
    const { secret, model, world } = this;
    const recipient = medium === 'email' ? { email: address } : { phone_number: `+${address}`, country: 'DE' };
    const body = { client_secret: secret, send_attempt: 1, ...recipient };
    const sid = String((await this.post(`/validate/${medium}/requestToken`, body))['sid']);
    const token = world.messages.codeFor(address, sid);
    if (token === undefined) {
      model.isLost(`the code for ${address} was promised and did not come`);
      throw new Unanswered();
    }
    await this.post(`/validate/${medium}/submitToken`, { sid, client_secret: secret, token });
    model.counts.validations++;
    if (medium === 'msisdn') model.counts.phones++;
    return sid;
  }

  private async bind(promise: AddressPromise, sid: string): Promise<void> {
    promise.state = 'unknown';
    promise.wasBindAsked = true;
    await this.post('/3pid/bind', { sid, client_secret: this.secret, mxid: promise.mxid });
    promise.state = 'bound';
    this.model.undelivered.add(promise);
    this.model.counts.binds++;
  }

  private async unbind(promise: AddressPromise, sid: string): Promise<void> {
    promise.state = 'unknown';
    const { medium, address, mxid } = promise;
    await this.post('/3pid/unbind', { sid, client_secret: this.secret, mxid, threepid: { medium, address } });
    promise.state = 'free';
    this.model.counts.unbinds++;
  }

  private async signOut(token: TokenPromise): Promise<void> {
    token.state = 'unknown';
    await this.post('/account/logout', {});
    token.state = 'ended';
    this.model.counts.logouts++;
  }

  /** @throws if the status is not 200 */
  private async post(path: string, body: Body): Promise<Body> {
    const answer: Answer | undefined = await this.client.post(path, body);
    if (answer?.status === 200) return answer.body;
    // A mail server or gateway may refuse an address.
    if (answer && REFUSALS.includes(answer.status) && !path.endsWith('requestToken')) {
      this.model.isWrong(`${this.mxid} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    throw new Unanswered();
  }
}

/** Runs one user. An answer is a promise; after a request without an answer, both results are possible. */
export async function runUser(world: World, model: Model, random: SeededRandom): Promise<void> {
  try {
    await new SimulatedUser(world, model, random).run();
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    await pause(250); // so that users do not come without a pause while the server is down
  }
}
