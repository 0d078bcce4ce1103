import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { islet, startIslet } from '../support/islet.js';
import { PEOPLE, PEOPLE_BASE, sourceFor } from '../support/people.js';
import { Slapd } from '../support/slapd.js';
import { createAuthority } from '../support/tls.js';

describe('the command `islet`', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'islet-commands-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('shows four correct lookups in its demo', async () => {
    const { code, stdout, stderr } = await islet(['demo', '--exit'], { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.match(/✓/g)).toHaveLength(4);
    expect(stdout).toContain('curl ');
  });

  it('ends its demo with the reason if a port is in use, and leaves no process running', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    try {
      const { port } = other.address() as AddressInfo;
      const { code, stderr } = await islet(['demo', '--port', String(port)], { cwd: folder });
      // Other programs may use the next ports, which it needs as well.
      const taken = [port, port + 1, port + 2].join('|');
      expect([code, stderr]).toEqual([1, expect.stringMatching(`address already in use 127\\.0\\.0\\.1:(${taken})`)]);
    } finally {
      other.close();
    }
  });

  it('writes a valid configuration, and never overwrites it', async () => {
    const flags = ['--yes', '--server-name', 'id.example.org', '--ldap-url', 'ldaps://dc.example.org'];
    const init = () =>
      islet(['init', ...flags, '--base', 'dc=example,dc=org', '--homeserver', 'example.org'], { cwd: folder });
    expect((await init()).code).toBe(0);
    expect((await stat(join(folder, 'islet.yaml'))).mode & 0o777).toBe(0o640);
    const written = await readFile(join(folder, 'islet.yaml'), 'utf8');

    expect((await init()).code).toBe(1);
    expect(await readFile(join(folder, 'islet.yaml'), 'utf8')).toBe(written);
    expect(await islet(['check'], { cwd: folder })).toMatchObject({ code: 0, stdout: expect.stringContaining('fine') });
  });

  it('reports errors in a configuration with key, reason and suggestion', async () => {
    const env = { PATH: process.env['PATH'], ISLET_LISTEN_PORT: '80o90', ISLET_LISTEN_HOTS: '127.0.0.1' };
    const { code, stderr } = await islet(['serve'], { cwd: folder, env });
    expect(code).toBe(1);
    expect(stderr).toContain('listen.port: must be');
  });

  it('checks the certificate of the database, whatever the environment variables are', async () => {
    const { key, cert } = createAuthority({ db: ['127.0.0.1'] }).certificates.db;
    let isTrusted = false;
    // Accepts TLS, like PostgreSQL, and sends an untrusted certificate.
    const database = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        socket.write('S');
        const encrypted = new TLSSocket(socket, { isServer: true, key, cert });
        encrypted.on('error', () => undefined).once('data', () => (isTrusted = Boolean(encrypted.destroy())));
      });
    }).listen(0, '127.0.0.1');
    await once(database, 'listening');
    const { port } = database.address() as AddressInfo;
    const url = `postgres://islet:pw@127.0.0.1:${port}/islet?sslmode=verify-full`;
    const env = { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: '0', ISLET_DATABASE_URL: url };
    try {
      const { stdout } = await islet(['doctor'], { cwd: folder, env });
      expect(stdout).toMatch(/^✗ database .*certificate/m);
      expect(isTrusted).toBe(false);
    } finally {
      database.close();
    }
  });

  it('explains which source answers and why, with or without a running server', async () => {
    const slapd = await Slapd.start({ ldif: PEOPLE });
    const running = await startIslet({
      server: { name: 'id.example.org' },
      sources: [sourceFor(slapd)],
    });
    try {
      await running.command('sync');
      const alice = await running.command('lookup', 'alice@example.org');
      expect(alice).toMatchObject({ code: 0, stderr: '' });
      expect(alice.stdout).toContain('alice@example.org (email) is @alice:example.org');
      expect(alice.stdout).toContain(`uid=alice,${PEOPLE_BASE}`);
      const shared = await running.command('lookup', 'harbour@example.org');
      expect(shared.code).toBe(1);
      expect(shared.stdout).toMatch(/ambiguous: .*uid=Bob\.Berg.* and .*uid=carla/);
      const other = { ...process.env, ISLET_DATA_DIR: join(folder, 'other') };
      await mkdir(join(folder, 'other'));
      await writeFile(join(folder, 'other', 'admin-token'), `${'x'.repeat(43)}\n`);
      const asStranger = (...args: string[]) => islet([...args, '--config', running.configFile], { env: other });
      expect((await asStranger('lookup', 'alice@example.org')).stderr).toMatch(/does not accept .*other\/admin-token/);
      expect((await asStranger('doctor')).stdout).toMatch(/^✗ server .*does not accept the admin token/m);
      expect((await asStranger('serve')).stderr).toMatch(
        /admin: cannot listen on 127.0.0.1:\d+, another program uses it/,
      );

      expect((await running.command('lookup', 'no address')).stderr).toContain('a phone number with its calling code');

      await running.stop();
      const offline = await running.command('lookup', 'alice@example.org', '--json');
      expect(JSON.parse(offline.stdout)).toMatchObject({ mxid: '@alice:example.org' });
    } finally {
      await running.remove();
      await slapd.stop();
    }
  });
});
