import { setTimeout as pause } from 'node:timers/promises';
import { onServer } from '../../support/postgres-server.js';
import type { World } from '../world.js';
import type { Group, Incident, Scene } from './incident.js';

/** Full and read-only disks, and faults of the database server. */
export function diskIncidents({ disk, forgetful, services: { postgres } }: World): readonly Group[] {
  const incidents: readonly Incident[] = [
    ...(disk
      ? [
          { name: 'disk full', happen: fill },
          { name: 'disk full, and kill', happen: fillAndKill },
        ]
      : []),
    ...(forgetful ? [{ name: 'disk read-only', happen: turnReadOnly }] : []),
    ...(disk && !postgres ? [{ name: 'start on a read-only disk', happen: startReadOnly }] : []),
    ...(postgres
      ? [
          { name: 'database takes no writes', happen: refuseWrites },
          { name: 'kill -9 of the database', happen: killDatabase },
          { name: 'kill -9 of the database and of the server', happen: killBoth },
        ]
      : []),
  ];
  return [{ weight: 4, incidents }];
}

async function fill({ world: { disk, services }, random }: Scene): Promise<void> {
  disk?.fill();
  await pause(500 + random.below(3_000));
  await disk?.free();
  await services.postgres?.start();
}

async function fillAndKill(scene: Scene): Promise<void> {
  const { disk, fleet, services } = scene.world;
  disk?.fill();
  await pause(300 + scene.random.below(1_500));
  await fleet.stop('SIGKILL', ...fleet.running);
  await disk?.free();
  await services.postgres?.start();
  await fleet.start();
}

async function turnReadOnly({ world: { forgetful }, random }: Scene): Promise<void> {
  await forgetful?.setReadOnly(true);
  await pause(500 + random.below(3_000));
  await forgetful?.setReadOnly(false);
}

async function startReadOnly({ world: { fleet, disk }, model }: Scene): Promise<void> {
  await fleet.stop('SIGKILL', ...fleet.running);
  await disk?.setReadOnly(true);
  const isRefused = await fleet.start().then(
    () => false,
    () => true,
  );
  if (!isRefused) model.isWrong('a start on a read-only disk was not refused');
  await disk?.setReadOnly(false);
  await fleet.start();
}

/** Like a failover to a standby. */
async function refuseWrites({ world: { services }, random }: Scene): Promise<void> {
  const { databaseUrl = '', postgres } = services;
  const name = new URL(databaseUrl).pathname.slice(1);
  const set = async (how: string) => {
    await onServer(postgres?.url ?? '', `alter database "${name}" ${how}`);
    await onServer(
      postgres?.url ?? '',
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
    );
  };
  await set('set default_transaction_read_only = on');
  await pause(500 + random.below(2_500));
  await set('reset default_transaction_read_only');
}

async function killDatabase({ world: { services }, random }: Scene): Promise<void> {
  await services.postgres?.kill();
  await pause(random.below(1_500));
  await services.postgres?.start();
}

async function killBoth({ world: { services, fleet } }: Scene): Promise<void> {
  await Promise.all([services.postgres?.kill(), fleet.stop('SIGKILL', ...fleet.running)]);
  await services.postgres?.start();
  await fleet.start();
}
