import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import knex from 'knex';
import type { AddressPromise } from '../model.js';
import type { Scene } from './incident.js';

/** A backup during which the command or the server is killed: the backup is complete, or it does not exist. */
export async function killedBackup(scene: Scene): Promise<void> {
  const { world, model, random } = scene;
  const { fleet, folder } = world;
  const [islet] = fleet.running;
  const file = join(folder, `backup-${model.users}.db`);
  const before = model.addresses.filter(({ state }) => state === 'bound');
  const child = spawn(process.execPath, [world.cli, 'backup', file, '--config', islet?.configFile ?? ''], {
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  const isServerKilled = random.chance(0.5);
  // Most of the time is needed to start the command.
  await Promise.race([ended, pause(fleet.pace * (0.3 + random.next()))]);
  if (isServerKilled) await fleet.stop('SIGKILL', ...fleet.running);
  else child.kill('SIGKILL');
  await ended;
  if (isServerKilled) await fleet.start();
  if (child.exitCode === 0 && !existsSync(file)) model.isLost('a backup was reported and is not there');
  if (existsSync(file)) await compare(scene, file, before);
}

/** The backup must contain what was bound before it began and still is. */
async function compare({ model }: Scene, file: string, before: readonly AddressPromise[]): Promise<void> {
  const db = knex({ client: 'sqlite3', connection: { filename: file }, useNullAsDefault: true });
  try {
    const [{ quick_check: check }] = (await db.raw('pragma quick_check')) as [{ quick_check: string }];
    if (check !== 'ok') model.isWrong(`a backup is damaged: ${check}`);
    const rows = (await db('associations').select('address')) as { address: string }[];
    const kept = new Set(rows.map(({ address }) => address));
    const missing = before.filter(({ state, address }) => state === 'bound' && !kept.has(address));
    if (missing.length > 0) model.isLost(`${missing.length} bindings are not in the backup`);
  } finally {
    await db.destroy();
  }
}
