import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../support/eventually.js';
import { patientClient } from '../client.js';
import type { World } from '../world.js';
import { killedBackup } from './backup.js';
import type { Group, Scene } from './incident.js';
import { killedImport } from './import.js';
import { killedMigration } from './migration.js';

/** Kills during rare operations. */
export const operationIncidents = ({ kind }: World): readonly Group[] => [
  {
    weight: 5,
    incidents: [
      { name: 'kill in a migration', happen: killedMigration },
      { name: 'kill in an import', happen: killedImport },
      { name: 'kill in a sync', happen: killInSync },
      { name: 'kill in a change of the pepper', happen: killInRotation },
      { name: 'kill in a start with a new signing key', happen: killWithNewKey },
      ...(kind === 'sqlite' ? [{ name: 'kill in a backup', happen: killedBackup }] : []),
    ],
  },
];

async function killInSync({ world, random }: Scene): Promise<void> {
  const { fleet, directory } = world;
  await directory.change(random);
  const syncing = fleet.pick(random);
  const command = syncing.command('sync', 'staff');
  await pause(fleet.pace * (0.3 + random.next()));
  await fleet.stop('SIGKILL', ...fleet.running);
  await command;
  await fleet.start();
}

/** Longer than the lifetime of a pepper. */
const CHANGED_WITHIN_MS = 120_000;

async function killInRotation({ world: { fleet }, random }: Scene): Promise<void> {
  const client = patientClient(() => fleet.route());
  if (!(await client.signIn('verifier'))) throw new Error('nobody can sign in although everything is well');
  const pepper = async () => (await client.ask('/hash_details'))?.body['lookup_pepper'];
  const before = await pepper();
  await eventually(async () => (await pepper()) !== before, CHANGED_WITHIN_MS);
  await pause(random.below(60));
  await fleet.stop('SIGKILL', ...fleet.running);
  await fleet.start();
}

async function killWithNewKey({ world, model, random }: Scene): Promise<void> {
  const { fleet, keyFile } = world;
  const name = `n${randomBytes(4).toString('hex')}`;
  await fleet.stop('SIGKILL', ...fleet.running);
  const old = await readFile(keyFile, 'utf8');
  await writeFile(keyFile, `ed25519 ${name} ${randomBytes(32).toString('base64')}\n${old}`, { mode: 0o600 });
  const starting = fleet.start().catch(() => undefined); // it may end before it answers
  await pause(fleet.pace * (0.2 + random.next()));
  await fleet.stop('SIGKILL', ...fleet.instances);
  await starting;
  await fleet.start(...fleet.instances);
  for (const { url } of fleet.running) {
    for (const id of [`ed25519:${name}`, 'ed25519:first']) {
      const { status } = await fetch(`${url}/_matrix/identity/v2/pubkey/${id}`);
      if (status !== 200) model.isLost(`the key ${id} is not known, ${status}`);
    }
  }
}
