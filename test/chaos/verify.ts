import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../support/eventually.js';
import { patientClient } from './client.js';
import type { AddressPromise, Model } from './model.js';
import { UPSTREAM_ROWS } from './external-services.js';
import type { World } from './world.js';

/** A change that takes longer counts as lost; `verifyOtherInstances` measures how long changes take. */
const IN_STEP_MS = 90_000;

interface Onbind {
  readonly address: string;
  readonly mxid: string;
  readonly invites: readonly { readonly signed?: { readonly token?: string } }[];
}

/** Compares the promises with the state of the server after the repair. */
export async function verify(world: World, model: Model, addresses: readonly AddressPromise[]): Promise<void> {
  const { fleet } = world;
  const client = patientClient(() => fleet.route());
  if (!(await client.signIn('verifier'))) throw new Error('nobody can sign in although everything is well');
  const asked = addresses.map(({ address }) => address);
  const plain = await client.findPlain(asked);
  for (const { url } of fleet.running) {
    let hashed: Readonly<Record<string, string>> = {};
    const isInStep = async () => {
      hashed = await client.at(url).findHashed(asked);
      return asked.every((address) => hashed[address] === plain[address]);
    };
    await eventually(isInStep, IN_STEP_MS).catch(() => {
      for (const address of asked.filter((text) => hashed[text] !== plain[text]))
        model.isWrong(`${address}: by hash ${hashed[address]}, else ${plain[address]}`);
    });
  }
  for (const { address, mxid, state } of addresses) {
    const found = plain[address];
    if (state === 'bound' && found !== mxid) model.isLost(`${address}: bound, and is ${found}`);
    if (state === 'free' && found !== undefined) model.isLost(`${address}: unbound or never bound, and is there`);
    if (found !== undefined && found !== mxid) model.isWrong(`${address}: is ${found}`);
  }
  await verifyTokens(world, model, new Set(addresses.map(({ mxid }) => mxid)));
}

async function verifyTokens({ fleet }: World, model: Model, mxids: ReadonlySet<string>): Promise<void> {
  for (const { accessToken, mxid, state } of model.tokens) {
    if (state === 'unknown' || !mxids.has(mxid)) continue;
    const client = patientClient(() => fleet.route());
    client.accessToken = accessToken;
    const answer = await client.ask('/account');
    if (state === 'good' && answer?.body['user_id'] !== mxid)
      model.isLost(`${mxid}: the token is not good any more, ${answer?.status}`);
    if (state === 'ended' && answer?.status !== 401) model.isLost(`${mxid}: the token is valid again`);
  }
}

/**
 * Waits until the homeserver was notified of bindings and invitations, and invited people have their mail.
 *
 * @param limitMs what is not delivered by then stays in `model.undelivered`
 * @param earlier entries that are ignored
 */
export async function waitForDeliveries(
  world: World,
  model: Model,
  limitMs: number,
  earlier: ReadonlySet<AddressPromise> = new Set(),
): Promise<void> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const received = onbindsByAddress(world);
    for (const promise of model.undelivered) {
      if (isDelivered(world, promise, received.get(promise.address) ?? [])) model.undelivered.delete(promise);
    }
    const isDone = [...model.undelivered].every((promise) => earlier.has(promise));
    if (isDone || Date.now() > deadline) return;
    await pause(100);
  }
}

function isDelivered(world: World, promise: AddressPromise, onbinds: readonly Onbind[]): boolean {
  const { address, state, invites, wasBindAsked } = promise;
  const tokens = new Set(onbinds.flatMap((onbind) => onbind.invites.map(({ signed }) => signed?.token)));
  if (state === 'bound') return onbinds.length > 0 && invites.every((token) => tokens.has(token));
  // An invitation to an address that may be bound, or was bound for a moment, has no promised result.
  return wasBindAsked || invites.length === 0 || world.messages.invitationsTo(address) > 0;
}

function onbindsByAddress({ services }: World): ReadonlyMap<string, readonly Onbind[]> {
  const sorted = new Map<string, Onbind[]>();
  for (const onbind of services.homeserver.bound as unknown as Onbind[]) {
    sorted.set(onbind.address, [...(sorted.get(onbind.address) ?? []), onbind]);
  }
  return sorted;
}

/** Notifications of the homeserver about wrong people, and repeated ones. */
export function verifyOnbinds(world: World, model: Model): { readonly duplicates: number } {
  const mxids = new Map(model.addresses.map(({ address, mxid }) => [address, mxid]));
  let duplicates = 0;
  for (const [address, onbinds] of onbindsByAddress(world)) {
    duplicates += onbinds.length - 1;
    for (const { mxid } of onbinds) {
      const right = mxids.get(address);
      if (right !== undefined && mxid !== right) model.isWrong(`${address}: the homeserver was told of ${mxid}`);
    }
  }
  return { duplicates };
}

/** Waits until lookups find exactly the people in the directory, and those of the other identity server. */
export async function verifyDirectory(world: World, model: Model): Promise<void> {
  const { fleet, directory } = world;
  const client = patientClient(() => fleet.route());
  if (!(await client.signIn('verifier'))) throw new Error('nobody can sign in although everything is well');
  const [asked, expected] = [directory.addresses(), directory.expected()];
  for (const { url } of fleet.running) {
    const differences = async () => {
      const found = await client.at(url).findHashed(asked);
      return asked
        .filter((address) => found[address] !== expected[address])
        .map((address) => `${address} is ${found[address]}`);
    };
    await eventually(async () => (await differences()).length === 0, IN_STEP_MS).catch(async () =>
      model.isWrong(`the directory is not in step: ${(await differences()).join(', ')}`),
    );
  }
  const known = UPSTREAM_ROWS.map(([, address]) => address);
  const allFound = async () => Object.keys(await client.findPlain(known)).length === known.length;
  await eventually(allFound, IN_STEP_MS).catch(() => model.isWrong('the upstream is not asked any more'));
}
