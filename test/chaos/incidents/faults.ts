import { setTimeout as pause } from 'node:timers/promises';
import { FAULTS, TLS_FAULTS } from '../../support/faulty-proxy.js';
import { NEIGHBOURS, type Neighbour, type Trouble } from '../neighbours.js';
import { watchLookups } from '../watcher.js';
import type { World } from '../world.js';
import type { Group, Scene } from './incident.js';

export const TROUBLES: readonly Trouble[] = [...FAULTS, ...TLS_FAULTS, 'restart'];

/** Each fault of each neighbour, alone or while the server stops. */
export function faultIncidents({ neighbours }: World): readonly Group[] {
  const broken = NEIGHBOURS.filter((neighbour) => neighbours.proxies[neighbour]);
  const forEachFault = (
    prefix: string,
    happen: (scene: Scene, neighbour: Neighbour, trouble: Trouble) => Promise<void>,
  ) =>
    broken.flatMap((neighbour) =>
      TROUBLES.map((trouble) => ({
        name: `${prefix}${neighbour}, ${trouble}`,
        happen: (scene: Scene) => happen(scene, neighbour, trouble),
      })),
    );
  return [
    { weight: 7, incidents: forEachFault('fault: ', breakAndHeal) },
    { weight: 2, incidents: forEachFault('fault and kill: ', breakAndKill) },
    { weight: 1, incidents: forEachFault('fault and SIGTERM: ', breakAndStop) },
  ];
}

async function breakAndHeal(scene: Scene, neighbour: Neighbour, trouble: Trouble): Promise<void> {
  const { world, model, random } = scene;
  await watchLookups(world, model, neighbour, async () => {
    await world.neighbours.break(neighbour, trouble);
    await pause(500 + random.below(2_500));
  });
  await world.neighbours.heal(neighbour);
}

async function breakAndKill({ world, random }: Scene, neighbour: Neighbour, trouble: Trouble): Promise<void> {
  const { fleet, neighbours } = world;
  await neighbours.break(neighbour, trouble);
  await pause(300 + random.below(1_000));
  await fleet.stop('SIGKILL', ...fleet.running);
  await neighbours.heal(neighbour);
  await fleet.start();
}

/** How long a shutdown takes during a fault of a neighbour. */
async function breakAndStop({ world, random }: Scene, neighbour: Neighbour, trouble: Trouble): Promise<void> {
  const { fleet, neighbours } = world;
  await neighbours.break(neighbour, trouble);
  await pause(300 + random.below(1_000));
  await fleet.stop('SIGTERM', ...fleet.running);
  await neighbours.heal(neighbour);
  await fleet.start();
}
