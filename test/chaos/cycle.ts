import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../support/eventually.js';
import { FAULTS, type Fault } from '../support/faulty-proxy.js';
import { live } from './life.js';
import type { Model, Verdict } from './model.js';
import type { SeededRandom } from './random.js';
import { verify } from './verify.js';
import type { Neighbour, World } from './world.js';

/** What happens in the middle of a cycle. */
export type Incident =
  | { readonly kind: 'kill' | 'power cut' | 'stop' | 'pause' }
  | { readonly kind: 'fault' | 'fault and kill'; readonly neighbour: Neighbour; readonly fault: Fault };

const LIVES_AT_ONCE = 6;
const WELL_WITHIN_MS = 60_000;

export function pickIncident(world: World, random: SeededRandom): Incident {
  const neighbours = Object.keys(world.proxies) as Neighbour[];
  const kind = random.pick([
    'kill',
    'kill',
    world.canForget ? 'power cut' : 'kill',
    'stop',
    'pause',
    'fault',
    'fault',
    'fault and kill',
  ] as const);
  if (kind !== 'fault' && kind !== 'fault and kill') return { kind };
  return { kind, neighbour: random.pick(neighbours), fault: random.pick(FAULTS) };
}

export const nameOf = (incident: Incident): string =>
  'fault' in incident ? `${incident.kind}: ${incident.neighbour} ${incident.fault}` : incident.kind;

/** Users live, something happens to the server or its neighbours, all is well again, and promises are looked at. */
export async function runCycle(world: World, model: Model, random: SeededRandom, incident: Incident): Promise<Verdict> {
  const from = model.addresses.length;
  let isEnding = false;
  const living = Array.from({ length: LIVES_AT_ONCE }, async () => {
    while (!isEnding) await live(world, model, random);
  });
  await pause(300 + random.below(900));
  await happen(world, incident, random);
  isEnding = true;
  await Promise.all(living);
  await eventually(async () => (await statusOf(world)) === 200, WELL_WITHIN_MS);
  // Those of this cycle, and some of those before: nothing is lost later either.
  const older = Array.from({ length: Math.min(from, 10) }, () => random.pick(model.addresses.slice(0, from)));
  return verify(world, model, [...new Set([...older, ...model.addresses.slice(from)])]);
}

async function happen(world: World, incident: Incident, random: SeededRandom): Promise<void> {
  const { islet, proxies } = world;
  const proxy = 'fault' in incident ? proxies[incident.neighbour] : undefined;
  if ('fault' in incident) {
    await proxy?.break(incident.fault);
    await pause(500 + random.below(2_500));
  }
  if (incident.kind === 'pause') {
    process.kill(islet.pid() ?? 0, 'SIGSTOP');
    await pause(1_000 + random.below(2_000));
    process.kill(islet.pid() ?? 0, 'SIGCONT');
    return;
  }
  if (incident.kind === 'fault') return proxy?.heal();
  if (incident.kind === 'power cut') await world.cutPower();
  else await islet.stop(incident.kind === 'stop' ? 'SIGTERM' : 'SIGKILL');
  await proxy?.heal();
  await islet.restart();
}

const statusOf = ({ islet }: World): Promise<number> =>
  fetch(`${islet.adminUrl}/health/ready`).then(
    ({ status }) => status,
    () => 0,
  );
