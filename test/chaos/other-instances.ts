import { eventually } from '../support/eventually.js';
import { ChaosClient, patientClient } from './client.js';
import type { Model } from './model.js';
import type { World } from './world.js';

/** A change that takes longer counts as lost. How long changes take is a separate figure. */
const FOLLOWED_MS = 90_000;
const MAILS_AN_HOUR = 3;

/** What one instance promised is true on all: tokens, terms, bindings, sign-outs, limits and peppers. */
export async function verifyOtherInstances(world: World, model: Model, number: number): Promise<void> {
  const urls = world.fleet.running.map(({ url }) => url);
  const [first, other] = urls;
  if (first === undefined || other === undefined) return;
  const localpart = `sib${String(number).replace(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)))}`;
  const client = patientClient(() => [first], model.counts);
  if (!(await client.signIn(localpart))) return model.isLost(`${localpart} cannot sign in although all is well`);
  for (const url of urls) {
    const { status } = (await client.at(url).ask('/account')) ?? {};
    if (status !== 200) model.isLost(`${localpart}: signed in and accepted the terms at one, ${status} at another`);
  }
  await verifyPeppers(model, client, urls);
  await verifyBind(world, model, client, urls, localpart);
  await verifyLimit(model, client.accessToken ?? '', urls, localpart);
  await client.at(other).post('/account/logout', {});
  for (const url of urls) {
    const isEnded = async () => (await client.at(url).ask('/account'))?.status === 401;
    await eventually(isEnded, FOLLOWED_MS).catch(() =>
      model.isLost(`${localpart}: signed out at one instance, not at another`),
    );
  }
}

/**
 * All instances accept a pepper while one announces it. After a change, they may announce different ones for a moment.
 */
async function verifyPeppers(model: Model, client: ChaosClient, urls: readonly string[]): Promise<void> {
  for (const url of urls) {
    const announced = async () => (await client.at(url).ask('/hash_details'))?.body['lookup_pepper'];
    for (const other of urls) {
      const pepper = await announced();
      const answer = await client.at(other).post('/lookup', { algorithm: 'sha256', pepper, addresses: [] });
      if (answer?.status !== 200 && (await announced()) === pepper)
        model.isWrong(`an instance does not accept the pepper that another one announces: ${answer?.status}`);
    }
  }
}

async function verifyBind(
  { messages }: World,
  model: Model,
  client: ChaosClient,
  urls: readonly string[],
  name: string,
) {
  const address = `${name}@others.test`;
  const secret = `secret_${name}`;
  const [first = '', ...others] = urls;
  const asked = await client.post('/validate/email/requestToken', {
    client_secret: secret,
    email: address,
    send_attempt: 1,
  });
  // A mail that could not be sent is not a promise.
  if (asked?.status !== 200) return;
  const sid = String(asked?.body['sid']);
  const token = messages.codeFor(address, sid);
  const proof = { sid, client_secret: secret };
  // Each step at another instance.
  const validated = await client.at(others[0] ?? first).post('/validate/email/submitToken', { ...proof, token });
  const bound = await client.at(others.at(-1) ?? first).post('/3pid/bind', { ...proof, mxid: `@${name}:example.org` });
  if (validated?.status !== 200 || bound?.status !== 200) {
    return model.isLost(
      `${name}: cannot bind, each step at another instance: ${JSON.stringify([asked, validated, bound])}`,
    );
  }
  const since = performance.now();
  for (const url of urls) {
    const isFound = async () => address in (await client.at(url).findHashed([address]));
    await eventually(isFound, FOLLOWED_MS).catch(() => model.isLost(`${address}: bound at one, not found at another`));
  }
  model.siblingTimes.push(performance.now() - since);
}

async function verifyLimit(model: Model, token: string, urls: readonly string[], name: string): Promise<void> {
  const statuses: (number | undefined)[] = [];
  // Sends one request: each request counts.
  const client = new ChaosClient(() => urls, model.counts);
  client.accessToken = token;
  for (let attempt = 1; attempt <= MAILS_AN_HOUR + 1; attempt++) {
    const body = { client_secret: `limit_${name}`, email: `${name}@limits.test`, send_attempt: attempt };
    const at = client.at(urls[attempt % urls.length] ?? '');
    statuses.push((await at.post('/validate/email/requestToken', body))?.status);
  }
  // A request without an answer may or may not have counted. A mail that could not be sent has counted.
  if (statuses.some((status = 500) => status >= 500)) return;
  const isShared = statuses.every((status, at) => (status === 429) === (at === MAILS_AN_HOUR));
  if (!isShared) model.isWrong(`the limit of mails is not shared: ${statuses.join()}`);
}
