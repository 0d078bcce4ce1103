import type { SeededRandom } from '../random.js';
import type { World } from '../world.js';
import { diskIncidents } from './disks.js';
import { faultIncidents } from './faults.js';
import type { Group, Incident } from './incident.js';
import { operationIncidents } from './operations.js';
import { processIncidents } from './processes.js';

/** All incidents that are possible in a world. */
export const groupsOf = (world: World): readonly Group[] =>
  [processIncidents, faultIncidents, diskIncidents, operationIncidents]
    .flatMap((of) => of(world))
    .filter(({ incidents }) => incidents.length > 0);

export function pickIncident(world: World, random: SeededRandom): Incident {
  const groups = groupsOf(world);
  const drawn = groups.flatMap((group) => Array.from({ length: group.weight }, () => group));
  return random.pick(random.pick(drawn).incidents);
}

/** @throws if this world has no incident of this name */
export function incidentNamed(world: World, name: string): Incident {
  const found = groupsOf(world)
    .flatMap(({ incidents }) => incidents)
    .find((incident) => incident.name === name);
  if (!found) throw new Error(`no incident is called ${name} here`);
  return found;
}
