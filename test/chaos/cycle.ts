import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../support/eventually.js';
import type { Incident } from './incidents/incident.js';
import { runUser } from './simulated-user.js';
import type { Model } from './model.js';
import type { SeededRandom } from './random.js';
import { verifyOtherInstances } from './other-instances.js';
import { verify, verifyDirectory, waitForDeliveries } from './verify.js';
import type { World } from './world.js';

const LIVES_AT_ONCE = 6;
/** Other work of the machine comes first: in a long cycle, fewer and fewer users are added. */
const BETWEEN_LIVES_MS = 100;
const LATER_LIVES_MS = 25;
/** The incident begins when this many users are signed in. */
const SIGNED_IN = 3;
const SIGNED_IN_WITHIN_MS = 30_000;
/** Deliveries that take longer are checked in later cycles, and at the end. */
const DELIVERIES_MS = 1_000;

/**
 * Users use the server while an incident happens to it or its services. After the repair, the promises are checked.
 */
export async function runCycle(
  world: World,
  model: Model,
  random: SeededRandom,
  number: number,
  incident: Incident,
): Promise<void> {
  const from = model.addresses.length;
  let isEnding = false;
  const living = Array.from({ length: LIVES_AT_ONCE }, async (_, place) => {
    const fate = random.branch(place);
    while (!isEnding) {
      await runUser(world, model, fate);
      await pause(BETWEEN_LIVES_MS + LATER_LIVES_MS * (model.addresses.length - from));
    }
  });
  await world.directory.change(random);
  await eventually(() => model.addresses.length >= from + SIGNED_IN, SIGNED_IN_WITHIN_MS).catch(() => undefined);
  await pause(random.below(700));
  const happening = incident.happen({ world, model, random });
  await happening.catch(() => undefined);
  isEnding = true;
  await Promise.all(living);
  const afterwards = await happening;
  await world.fleet.well();
  // The promises of this cycle, and some of earlier cycles, because nothing may be lost later either.
  const older = Array.from({ length: Math.min(from, 20) }, () => random.pick(model.addresses.slice(0, from)));
  await verify(world, model, [...new Set([...older, ...model.addresses.slice(from)])]);
  await waitForDeliveries(world, model, DELIVERIES_MS);
  await afterwards?.();
  await world.fleet.well();
  await verifyOtherInstances(world, model, number);
  if (/directory|upstream|sync|disk|migration/.test(incident.name)) await verifyDirectory(world, model);
}
