import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IdentityClient } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { type HomeserverStandIn, startHomeserver } from '../support/homeserver.js';
import { prepareIslet, type RunningIslet } from '../support/islet.js';
import { makeDatabase, makeMa1sdKeys, movingFile } from '../support/moving/databases.js';

const CLI = join(import.meta.dirname, '../../dist/app/cli.js');
const page = await readFile(join(import.meta.dirname, '../../docs/setup/from-ma1sd.md'), 'utf8');

describe('a move from ma1sd and Synapse', () => {
  let folder: string;
  let islet: RunningIslet;
  let homeserver: HomeserverStandIn;
  const at = (name: string) => join(folder, name);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'islet-moving-'));
    homeserver = await startHomeserver('example.org');
    islet = await prepareIslet({
      server: { name: 'id.example.org', publicUrl: 'https://id.example.org' },
      v1: { allowFrom: ['loopback'] },
      homeservers: { 'example.org': { url: homeserver.url } },
    });
    await copyFile(movingFile('ma1sd.yaml'), at('ma1sd.yaml'));
    await makeMa1sdKeys(at('keys'));
    await makeDatabase(at('store.db'), 'ma1sd.sql');
    await makeDatabase(at('homeserver.db'), 'synapse.sql');
  });
  afterEach(async () => {
    await islet.remove();
    await homeserver.close();
    await rm(folder, { recursive: true });
  });

  it('keeps people and an invitation, which is delivered with the key that signed it', async () => {
    const args = [CLI, 'import', 'ma1sd', '--conf', at('ma1sd.yaml'), '--config', islet.configFile, '--apply'];
    const child = execFile(process.execPath, args);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    setTimeout(() => child.kill('SIGKILL'), 700);
    await ended;
    expect(await islet.command('import', 'ma1sd', '--conf', at('ma1sd.yaml'), '--apply')).toMatchObject({ code: 0 });
    expect(await islet.command('import', 'synapse', at('homeserver.db'), '--shared', '--apply')).toMatchObject({
      code: 0,
    });
    await islet.restart();
    const client = new IdentityClient(islet.url);
    const key = await client.get('/v1/pubkey/ed25519:AAAAEPvQ-xEa');
    expect(key.body).toEqual({ public_key: expect.any(String) });
    const isValid = '/v1/pubkey/ephemeral/isvalid?public_key=9t2puaFLBRPWd5TPnWL6YQW3PXv4tHgVmHc0KVh-548';
    expect((await client.get(isValid)).body).toEqual({ valid: true });
    expect((await client.get('/v1/lookup?medium=email&address=alice@example.com')).body).toMatchObject({
      mxid: '@alice:example.org',
    });
    expect(homeserver.bound).toEqual([]);

    for (const name of ['erin', 'old.key'])
      expect(await islet.command('bind', `${name}@example.com`, `@${name}:example.org`)).toMatchObject({ code: 0 });
    await eventually(() => homeserver.bound.length >= 2);
    const keys = homeserver.bound.flatMap(({ invites }) =>
      (invites as { signed: { signatures: Record<string, object> } }[]).map(({ signed }) =>
        Object.keys(signed.signatures['id.example.org'] ?? {}),
      ),
    );
    expect(keys.flat().toSorted()).toEqual(['ed25519:AAAAEOldKeyX', 'ed25519:AAAAEPvQ-xEa']);
  }, 400_000);

  it('works as the checklist says, command by command, and back', async () => {
    const blocks = Array.from(page.matchAll(/^```sh\n([^]*?)^```$/gm), ([, block = '']) => block.trim().split('\n'));
    const commands = blocks.flat().filter((command) => !command.includes('postgres://'));
    expect(commands.length).toBeGreaterThan(14);
    for (const name of ['etc/ma1sd', 'etc/islet', 'var/lib/matrix-synapse']) await mkdir(at(name), { recursive: true });
    await copyFile(movingFile('ma1sd.yaml'), at('etc/ma1sd/ma1sd.yaml'));
    await makeMa1sdKeys(at('etc/ma1sd/keys'));
    await makeDatabase(at('etc/ma1sd/store.db'), 'ma1sd.sql');
    await copyFile(at('homeserver.db'), at('var/lib/matrix-synapse/homeserver.db'));
    const outputs = new Map<string, string>();
    const failed: string[] = [];
    for (const command of commands.filter((line) => !/^(systemctl|chown|chgrp) /.test(line))) {
      const line = command
        .replaceAll(/(?<=\s)\/(etc|var)\//g, `${folder}/$1/`)
        .replace(/^islet /, `"${process.execPath}" "${CLI}" `);
      const env = { ...process.env, ISLET_CONFIG: at('etc/islet/islet.yaml'), ISLET_ADMIN_PORT: '1' };
      const done = await promisify(execFile)('sh', ['-c', line], { cwd: folder, env }).catch(
        (error: { stdout: string; stderr: string; code: number }) => error,
      );
      if ('code' in done) failed.push(command);
      outputs.set(command, done.stdout);
    }
    // The directory and the homeserver of the configuration do not exist.
    expect(failed).toEqual(['islet doctor', 'islet lookup alice@example.com']);
    expect(outputs.get('islet invites')).toContain('erin@example.com');
  }, 400_000);
});
