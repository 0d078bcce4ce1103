import { setTimeout as pause } from 'node:timers/promises';
import type { World } from '../world.js';
import { waitForDeliveries } from '../verify.js';
import type { Group, Incident, Scene } from './incident.js';

const TAKEN_OVER_WITHIN_MS = 60_000;

/** The server, or one of three, is killed, stopped or suspended. */
export function processIncidents({ fleet, forgetful }: World): readonly Group[] {
  const isOneOfThree = fleet.instances.length > 1;
  return [
    { weight: 3, incidents: [{ name: 'kill', happen: killAll }] },
    ...(forgetful ? [{ weight: 2, incidents: [{ name: 'power cut', happen: cutPower }] }] : []),
    ...(isOneOfThree
      ? [
          { weight: 4, incidents: [{ name: 'kill of one of three', happen: killOne }] },
          { weight: 1, incidents: [{ name: 'rolling restart', happen: restartInTurn }] },
        ]
      : []),
    { weight: 1, incidents: [{ name: 'SIGTERM', happen: stopAll }] },
    { weight: 1, incidents: [PAUSE] },
  ];
}

const PAUSE: Incident = {
  name: 'standstill',
  async happen({ world, random }) {
    const pid = world.fleet.pick(random).pid() ?? 0;
    process.kill(pid, 'SIGSTOP');
    await pause(1_000 + random.below(2_000));
    process.kill(pid, 'SIGCONT');
  },
};

async function killAll({ world: { fleet } }: Scene): Promise<void> {
  await fleet.stop('SIGKILL', ...fleet.running);
  await fleet.start();
}

async function stopAll({ world: { fleet } }: Scene): Promise<void> {
  await fleet.stop('SIGTERM', ...fleet.running);
  await fleet.start();
}

async function cutPower({ world }: Scene): Promise<void> {
  await world.cutPower();
  await world.fleet.start();
}

/** It is restarted only after the others have done its jobs. */
async function killOne({ world, model, random }: Scene) {
  const { fleet } = world;
  const victim = fleet.pick(random);
  // Jobs that are retried because of an earlier fault have their own times.
  const earlier = new Set(model.undelivered);
  await fleet.stop('SIGKILL', victim);
  const since = performance.now();
  await pause(300 + random.below(700));
  return async () => {
    await waitForDeliveries(world, model, TAKEN_OVER_WITHIN_MS, earlier);
    model.takeoverTimes.push(performance.now() - since);
    await fleet.start(victim);
  };
}

async function restartInTurn({ world: { fleet } }: Scene): Promise<void> {
  for (const instance of fleet.running) {
    await fleet.stop('SIGTERM', instance);
    await fleet.start(instance);
  }
}
