import type { Model, AddressPromise, TokenPromise } from './model.js';
import type { SeededRandom } from './random.js';
import { setTimeout as pause } from 'node:timers/promises';
import { ChaosClient } from './client.js';
import type { World } from './world.js';

/** Ends a life whose last request was not answered with 200. */
class Unanswered extends Error {}

/**
 * One user from the first sign-in to the last sign-out, as far as answers come. What is answered is a promise; a
 * request without an answer leaves open which of both is true.
 */
export async function live(world: World, model: Model, random: SeededRandom): Promise<void> {
  const number = model.lives++;
  const localpart = `u${String(number).replace(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)))}`;
  const mxid = `@${localpart}:example.org`;
  const client = new ChaosClient(world.islet.url, model.counts);
  try {
    const token = await signIn(client, model, localpart, mxid);
    const promise: AddressPromise = {
      address: `${localpart}@mail.test`,
      mxid,
      state: 'free',
      invites: [],
      mailsAsked: 0,
    };
    model.addresses.push(promise);
    if (random.chance(0.5)) await invite(client, model, promise);
    const secret = `secret_${localpart}`;
    const sid = await validate(world, client, model, promise, secret);
    await bind(client, model, promise, sid, secret);
    if (random.chance(0.3)) await unbind(client, model, promise, sid, secret);
    if (random.chance(0.3)) await signOut(client, model, token);
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    await pause(100); // as long as nobody is there
  }
}

async function signIn(client: ChaosClient, model: Model, localpart: string, mxid: string): Promise<TokenPromise> {
  const body = {
    access_token: `token-of-${localpart}`,
    token_type: 'Bearer',
    matrix_server_name: 'example.org',
    expires_in: 60,
  };
  const answer = answered(await client.post('/account/register', body));
  const accessToken = String(answer['token']);
  client.accessToken = accessToken;
  const token: TokenPromise = { accessToken, mxid, state: 'good' };
  model.tokens.push(token);
  model.counts.signIns++;
  return token;
}

async function invite(client: ChaosClient, model: Model, promise: AddressPromise): Promise<void> {
  const body = { medium: 'email', address: promise.address, room_id: '!room:example.org', sender: promise.mxid };
  promise.invites.push(String(answered(await client.post('/store-invite', body))['token']));
  model.counts.invites++;
}

async function validate(
  world: World,
  client: ChaosClient,
  model: Model,
  promise: AddressPromise,
  secret: string,
): Promise<string> {
  const body = { client_secret: secret, email: promise.address, send_attempt: 1 };
  promise.mailsAsked++;
  const sid = String(answered(await client.post('/validate/email/requestToken', body))['sid']);
  const token = world.codeFor(promise.address, sid);
  if (token === undefined)
    throw new Error(`the mail with the code for ${promise.address} was promised and is not there`);
  answered(await client.post('/validate/email/submitToken', { sid, client_secret: secret, token }));
  model.counts.validations++;
  return sid;
}

async function bind(client: ChaosClient, model: Model, promise: AddressPromise, sid: string, secret: string) {
  promise.state = 'unknown';
  answered(await client.post('/3pid/bind', { sid, client_secret: secret, mxid: promise.mxid }));
  promise.state = 'bound';
  model.counts.binds++;
}

async function unbind(client: ChaosClient, model: Model, promise: AddressPromise, sid: string, secret: string) {
  promise.state = 'unknown';
  const threepid = { medium: 'email', address: promise.address };
  answered(await client.post('/3pid/unbind', { sid, client_secret: secret, mxid: promise.mxid, threepid }));
  promise.state = 'free';
  model.counts.unbinds++;
}

async function signOut(client: ChaosClient, model: Model, token: TokenPromise): Promise<void> {
  token.state = 'unknown';
  answered(await client.post('/account/logout', {}));
  token.state = 'ended';
  model.counts.logouts++;
}

function answered(body: Readonly<Record<string, unknown>> | undefined): Readonly<Record<string, unknown>> {
  if (body === undefined) throw new Unanswered();
  return body;
}
