import { ChaosClient } from './client.js';
import type { AddressPromise, Model, Verdict } from './model.js';
import type { World } from './world.js';

/** Retries come after 5, 10, 20 seconds, and faults last for seconds only. */
const DELIVERED_WITHIN_MS = 60_000;

interface Onbind {
  readonly address: string;
  readonly mxid: string;
  readonly invites: readonly { readonly signed?: { readonly token?: string } }[];
}

/** Compares what was promised with what there is, once everything is well again. */
export async function verify(world: World, model: Model, addresses: readonly AddressPromise[]): Promise<Verdict> {
  const verdict: Verdict = { lost: [], wrong: [], duplicateOnbinds: 0, duplicateMails: 0 };
  const client = new ChaosClient(world.islet.url);
  const signIn = await client.post('/account/register', {
    access_token: 'token-of-verifier',
    token_type: 'Bearer',
    matrix_server_name: 'example.org',
    expires_in: 60,
  });
  if (!signIn) throw new Error('nobody can sign in although everything is well');
  client.accessToken = String(signIn['token']);
  const { hashed, plain } = await client.lookUp(addresses.map(({ address }) => address));
  for (const promise of addresses) {
    const { address, mxid, state } = promise;
    if (hashed[address] !== plain[address])
      verdict.wrong.push(`${address}: by hash ${hashed[address]}, else ${plain[address]}`);
    if (state === 'bound' && plain[address] !== mxid) verdict.lost.push(`${address}: bound, and is ${plain[address]}`);
    if (state === 'free' && plain[address] !== undefined)
      verdict.lost.push(`${address}: unbound or never bound, and is there`);
    if (plain[address] !== undefined && plain[address] !== mxid) verdict.wrong.push(`${address}: is ${plain[address]}`);
    await verifyOnbinds(world, promise, verdict);
    // An invitation mail where it was stored before, and one for each request.
    const mails = world.mailsTo(address) - promise.mailsAsked - promise.invites.length;
    verdict.duplicateMails += Math.max(0, mails);
  }
  await verifyTokens(world, model, new Set(addresses.map(({ mxid }) => mxid)), verdict);
  return verdict;
}

async function verifyOnbinds(world: World, promise: AddressPromise, verdict: Verdict): Promise<void> {
  const { address, mxid, invites, state } = promise;
  const onbinds = () => (world.homeserver.bound as unknown as Onbind[]).filter((one) => one.address === address);
  const received = () => new Set(onbinds().flatMap((one) => one.invites.map(({ signed }) => signed?.token)));
  const deadline = Date.now() + DELIVERED_WITHIN_MS;
  const isOpen = () => state === 'bound' && (onbinds().length === 0 || invites.some((token) => !received().has(token)));
  while (isOpen() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 100));
  if (isOpen()) verdict.lost.push(`${address}: the homeserver was not received, or not of every invitation`);
  for (const one of onbinds()) {
    if (one.mxid !== mxid) verdict.wrong.push(`${address}: an invitation went to ${one.mxid}`);
  }
  verdict.duplicateOnbinds += Math.max(0, onbinds().length - 1);
}

async function verifyTokens(world: World, model: Model, mxids: ReadonlySet<string>, verdict: Verdict): Promise<void> {
  for (const { accessToken, mxid, state } of model.tokens) {
    if (state === 'unknown' || !mxids.has(mxid)) continue;
    const client = new ChaosClient(world.islet.url);
    client.accessToken = accessToken;
    const answer = await client.ask('/account');
    if (state === 'good' && answer?.body['user_id'] !== mxid)
      verdict.lost.push(`${mxid}: the token is not good any more`);
    if (state === 'ended' && answer?.status !== 401) verdict.lost.push(`${mxid}: the token lives again`);
  }
}
