import { setTimeout as pause } from 'node:timers/promises';
import { FAULTS, TLS_FAULTS } from '../../support/faulty-proxy.js';
import { SERVICES, type ExternalService, type ServiceFault } from '../external-services.js';
import { watchLookups } from '../watcher.js';
import type { World } from '../world.js';
import type { Group, Scene } from './incident.js';

export const SERVICE_FAULTS: readonly ServiceFault[] = [...FAULTS, ...TLS_FAULTS, 'restart'];

/** Each fault of each service, alone or while the server stops. */
export function faultIncidents({ services }: World): readonly Group[] {
  const broken = SERVICES.filter((service) => services.proxies[service]);
  const forEachFault = (
    prefix: string,
    happen: (scene: Scene, service: ExternalService, fault: ServiceFault) => Promise<void>,
  ) =>
    broken.flatMap((service) =>
      SERVICE_FAULTS.map((fault) => ({
        name: `${prefix}${service}, ${fault}`,
        happen: (scene: Scene) => happen(scene, service, fault),
      })),
    );
  return [
    { weight: 7, incidents: forEachFault('fault: ', breakAndRepair) },
    { weight: 2, incidents: forEachFault('fault and kill: ', breakAndKill) },
    { weight: 1, incidents: forEachFault('fault and SIGTERM: ', breakAndStop) },
  ];
}

async function breakAndRepair(scene: Scene, service: ExternalService, fault: ServiceFault): Promise<void> {
  const { world, model, random } = scene;
  await watchLookups(world, model, service, async () => {
    await world.services.break(service, fault);
    await pause(500 + random.below(2_500));
  });
  await world.services.repair(service);
}

async function breakAndKill({ world, random }: Scene, service: ExternalService, fault: ServiceFault): Promise<void> {
  const { fleet, services } = world;
  await services.break(service, fault);
  await pause(300 + random.below(1_000));
  await fleet.stop('SIGKILL', ...fleet.running);
  await services.repair(service);
  await fleet.start();
}

/** How long a shutdown takes during a fault of a service. */
async function breakAndStop({ world, random }: Scene, service: ExternalService, fault: ServiceFault): Promise<void> {
  const { fleet, services } = world;
  await services.break(service, fault);
  await pause(300 + random.below(1_000));
  await fleet.stop('SIGTERM', ...fleet.running);
  await services.repair(service);
  await fleet.start();
}
