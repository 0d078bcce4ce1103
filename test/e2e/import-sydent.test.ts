import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../src/adapters/knex/database.js';
import { IdentityClient } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { type HomeserverStandIn, startHomeserver } from '../support/homeserver.js';
import { prepareIslet, type RunningIslet } from '../support/islet.js';
import { makeDatabase, manyRows, movingFile, recentSessions } from '../support/moving/databases.js';

const CLI = join(import.meta.dirname, '../../dist/app/cli.js');
const page = await readFile(join(import.meta.dirname, '../../docs/setup/from-sydent.md'), 'utf8');
const aliceToken = 'lice'.padStart(64, 'A');
const oldKey = 't6PBLcDIx0irB1JbcBEiuIvXj2AMdjQtJ/JeX5JETN4';

describe('a move from Sydent', () => {
  let folder: string;
  let islet: RunningIslet;
  let homeserver: HomeserverStandIn;
  const at = (name: string) => join(folder, name);
  const importing = (...more: string[]) =>
    islet.command('import', 'sydent', at('sydent.db'), '--conf', movingFile('sydent.conf'), ...more);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'islet-moving-'));
    homeserver = await startHomeserver('example.org');
    islet = await prepareIslet({
      server: { name: 'id.example.org', publicUrl: 'https://id.example.org' },
      v1: { allowFrom: ['loopback'] },
      homeservers: { 'example.org': { url: homeserver.url } },
    });
  });
  afterEach(async () => {
    await islet.remove();
    await homeserver.close();
    await rm(folder, { recursive: true });
  });

  it('keeps people for hashed, plain and v1 lookups, unbinding, and the delivery of an invitation', async () => {
    await makeDatabase(at('sydent.db'), 'sydent.sql', recentSessions());
    const rehearsed = await importing();
    expect(rehearsed).toMatchObject({ code: 0, stderr: '' });
    expect(rehearsed.stdout).toContain('Nothing was changed');
    expect(existsSync(join(islet.folder, 'data'))).toBe(false);

    expect(await importing('--apply', '--pepper')).toMatchObject({ code: 0, stderr: '' });
    await islet.restart();
    const client = new IdentityClient(islet.url);
    client.useToken(aliceToken);
    expect(await client.findHashed(['alice@example.com', 'Old.Case@example.com', 'shared@example.com'])).toEqual({
      'alice@example.com': '@alice:example.org',
      'Old.Case@example.com': '@newer:example.org',
      'shared@example.com': '@amy:example.org',
    });
    expect(await client.findPlain(['bob@example.com email', '447700900123 msisdn', 'carol@example.com email'])).toEqual(
      {
        'bob@example.com email': '@bob:example.org',
        '447700900123 msisdn': '@bob:example.org',
      },
    );
    expect((await client.get('/v2/hash_details')).body['lookup_pepper']).toBe('IH5te');
    const found = await client.get('/v1/lookup?medium=email&address=alice@example.com');
    expect(found.body).toMatchObject({
      mxid: '@alice:example.org',
      signatures: { 'id.example.org': expect.anything() },
    });
    expect(found.body).not.toHaveProperty('invites');

    expect((await client.get('/v1/pubkey/ed25519:0')).body).toEqual({ public_key: oldKey });
    const isValid = async (key: string) =>
      (await client.get(`/v1/pubkey/ephemeral/isvalid?public_key=${encodeURIComponent(key)}`)).body['valid'];
    expect(await isValid('9t2puaFLBRPWd5TPnWL6YQW3PXv4tHgVmHc0KVh+548')).toBe(true);
    expect(await isValid('9t2puaFLBRPWd5TPnWL6YQW3PXv4tHgVmHc0KVh-548')).toBe(true);
    expect(await isValid('')).toBe(false);
    expect(homeserver.bound).toEqual([]);

    const unbound = await client.post('/v2/3pid/unbind', {
      sid: '1343581062',
      client_secret: 'secret.alice0',
      mxid: '@alice:example.org',
      threepid: { medium: 'email', address: 'alice@example.com' },
    });
    expect(unbound.status).toBe(200);
    expect(await client.findPlain(['alice@example.com email'])).toEqual({});

    expect(await islet.command('bind', 'erin@example.com', '@erin:example.org')).toMatchObject({ code: 0 });
    await eventually(() => homeserver.bound.length >= 2);
    const invites = homeserver.bound.flatMap(({ invites: list }) => list as { room_id: string; signed: object }[]);
    expect(invites.map(({ room_id }) => room_id).toSorted()).toEqual(['!one:example.org', '!two:example.org']);
    for (const { signed } of invites) {
      expect(signed).toMatchObject({
        mxid: '@erin:example.org',
        token: expect.stringMatching(/^[A-Za-z]{128}$/),
        signatures: { 'id.example.org': { 'ed25519:0': expect.any(String) } },
      });
    }
    expect(JSON.stringify(homeserver.bound)).not.toContain('frank@');
  });

  it('imports 3,000 bindings and 250 invitations, and neither loses nor repeats any after kill -9', async () => {
    const many = manyRows({ associations: 3_000, waiting: 200, delivered: 50 });
    await makeDatabase(at('sydent.db'), 'sydent.sql', many);
    const before = await readFile(at('sydent.db'));
    const args = [
      CLI,
      'import',
      'sydent',
      at('sydent.db'),
      '--conf',
      movingFile('sydent.conf'),
      '--config',
      islet.configFile,
    ];
    for (const afterMs of [600, 1_800]) {
      const child = execFile(process.execPath, [...args, '--apply']);
      const ended = new Promise((resolve) => child.once('exit', resolve));
      setTimeout(() => child.kill('SIGKILL'), afterMs);
      await ended;
      // Completely or not at all.
      expect([0, 3_008]).toContain(await countBindings(join(islet.folder, 'data/islet.db')));
    }
    expect(await importing('--apply')).toMatchObject({ code: 0 });
    const again = JSON.parse((await importing('--apply', '--json')).stdout) as {
      counts: { added: number; known: number }[];
    };
    expect(again.counts.map(({ added }) => added)).toEqual([0, 0, 0, 0, 0, 0, 0]);
    expect(again.counts[1]?.known).toBe(253);
    expect((await readFile(at('sydent.db'))).equals(before)).toBe(true);

    await islet.restart();
    const client = new IdentityClient(islet.url);
    client.useToken(aliceToken);
    const addresses = Array.from({ length: 3_000 }, (_, number) => `many${number}@example.com`);
    expect(Object.keys(await client.findHashed(addresses))).toHaveLength(3_000);
    const invites = JSON.parse((await islet.command('invites', '--json')).stdout) as { deliveredAt?: number }[];
    expect(invites.filter(({ deliveredAt }) => deliveredAt === undefined)).toHaveLength(202);
    expect(homeserver.bound).toEqual([]);
  }, 400_000);

  it('is refused while a server runs, for another server name, and with another key', async () => {
    await makeDatabase(at('sydent.db'), 'sydent.sql');
    await islet.restart();
    expect(await importing('--apply')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('a server is running'),
    });
    await islet.stop();
    expect(await importing('--apply')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('contains a different key'),
    });
    expect(await islet.command('bindings', '--json')).toMatchObject({ stdout: '[]\n' });
  });

  it('works as the checklist says, command by command, and back', async () => {
    const [, checklist = ''] = /\n## The checklist\n([^]*?)\n## /.exec(page) ?? [];
    const commands = Array.from(checklist.matchAll(/^```sh\n([^]*?)^```$/gm), ([, block = '']) =>
      block.trim().split('\n'),
    ).flat();
    expect(commands.length).toBeGreaterThan(12);
    for (const name of ['etc/sydent', 'etc/islet', 'var/lib/sydent', 'bin']) await mkdir(at(name), { recursive: true });
    await copyFile(movingFile('sydent.conf'), at('etc/sydent/sydent.conf'));
    await makeDatabase(at('var/lib/sydent/sydent.db'), 'sydent.sql', recentSessions());
    const shell = promisify(execFile);
    const services: string[] = [];
    const outputs = new Map<string, string>();
    const failed: string[] = [];
    for (const command of commands) {
      // Does not change users or services of this machine.
      if (command.startsWith('systemctl')) services.push(command);
      else if (!/^ch(own|grp) /.test(command)) {
        const line = command
          .replaceAll(/(?<=\s)\/(etc|var)\//g, `${folder}/$1/`)
          .replace(/^islet /, `"${process.execPath}" "${CLI}" `);
        const env = { ...process.env, ISLET_CONFIG: at('etc/islet/islet.yaml'), ISLET_ADMIN_PORT: '1' };
        const done = await shell('sh', ['-c', line], { cwd: folder, env }).catch(
          (error: { stdout: string; stderr: string; code: number }) => error,
        );
        if ('code' in done) failed.push(command);
        outputs.set(command, done.stdout);
      }
    }
    // Without a homeserver, a mail server and a proxy, it has problems to report.
    expect(failed).toEqual(['islet doctor']);
    expect(services).toEqual([
      'systemctl stop matrix-sydent',
      'systemctl start islet',
      'systemctl stop islet',
      'systemctl start matrix-sydent',
    ]);
    expect(outputs.get('islet lookup alice@example.com')).toContain('@alice:example.org');
    expect(outputs.get('islet invites')).toContain('erin@example.com');
    expect(await readFile(at('var/lib/islet/signing.key'), 'utf8')).toBe(
      `ed25519 0 FJi1Rnpj3/otydngacrwddFvwz/dTDsBv62uZDN2fZM\n`,
    );
  }, 400_000);
});

/** The number of bindings in a database; 0 if there is none. */
async function countBindings(file: string): Promise<number> {
  if (!existsSync(file)) return 0;
  const db = connect({ client: 'sqlite3', file });
  try {
    if (!(await db.schema.hasTable('associations'))) return 0;
    const [row] = await db('associations').count<{ count: number }[]>({ count: '*' });
    return row?.count ?? 0;
  } finally {
    await db.destroy();
  }
}
