import { readFile } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IdentityClient } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { type HomeserverStandIn, startHomeserver } from '../support/homeserver.js';
import { islet, type RunningIslet, startIslet } from '../support/islet.js';
import { freshDatabase } from '../support/postgres-server.js';
import { sharedPostgres } from '../support/services.js';

const postgres = await sharedPostgres();

describe('islet serve --workers 2', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let homeserver: HomeserverStandIn;
  let server: RunningIslet;
  let token: string;

  beforeAll(async () => {
    database = await freshDatabase(postgres.url);
    homeserver = await startHomeserver('example.org');
    const config = {
      server: { name: 'id.example.org', publicUrl: 'https://id.example.org' },
      database: { url: database.url },
      homeservers: { 'example.org': { url: homeserver.url } },
      pidFile: 'islet.pid',
    };
    server = await startIslet(config, {}, undefined, {}, ['--workers', '2']);
    await server.logged('workers_started', 60_000);
    token = await signIn();
  });

  afterAll(async () => {
    await server?.remove();
    await homeserver?.close();
    await database?.drop();
  });

  async function signIn(): Promise<string> {
    const client = new IdentityClient(server.url);
    return String((await client.register('example.org', 'token-of-alice')).body['token']);
  }

  const workers = async (): Promise<readonly number[]> =>
    (await readFile(`/proc/${server.pid()}/task/${server.pid()}/children`, 'utf8')).trim().split(' ').map(Number);

  /** On a separate connection, so that another worker answers the next request. */
  const statusOf = (path: string, accessToken = token) =>
    new Promise<number>((resolve, reject) => {
      const options = { agent: new Agent(), headers: { authorization: `Bearer ${accessToken}`, connection: 'close' } };
      const request = get(`${server.url}/_matrix/identity${path}`, options, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0));
      });
      request.on('error', reject);
    });

  const statuses = async (path: string, accessToken?: string) => {
    const all: number[] = [];
    for (let at = 0; at < 8; at++) all.push(await statusOf(path, accessToken));
    return [...new Set(all)];
  };

  const pings = async () =>
    Number(
      /islet_requests_total\{endpoint="\/_matrix\/identity\/v2\/terms",status="2xx"\} (\d+)/.exec(
        await (await fetch(`${server.adminUrl}/metrics`)).text(),
      )?.[1],
    );

  it('is one server: one process ID, and metrics of all requests', async () => {
    expect(Number(await readFile(`${server.folder}/islet.pid`, 'utf8'))).toBe(server.pid());
    expect(await workers()).toHaveLength(2);
    const before = await pings();
    expect(await statuses('/v2/terms')).toEqual([200]);
    await eventually(async () => (await pings()) === before + 8);
  });

  it('traces a request of the doctor, whichever worker it reaches', async () => {
    const authorization = `Bearer ${(await readFile(`${server.folder}/data/admin-token`, 'utf8')).trim()}`;
    for (let at = 0; at < 4; at++) {
      const opened = await fetch(`${server.adminUrl}/probes`, { method: 'POST', headers: { authorization } });
      const { id } = (await opened.json()) as { id: string };
      await fetch(`${server.url}/_matrix/identity/v2`, { headers: { 'x-islet-probe': id, connection: 'close' } });
      const arrived = await eventually(async () => {
        const taken = await fetch(`${server.adminUrl}/probes/${id}`, { headers: { authorization } });
        const { arrival } = (await taken.json()) as { arrival: { peer: string } | null };
        return arrival ?? undefined;
      });
      expect(arrived.peer).toBe('127.0.0.1');
    }
  });

  it('refuses in each worker a token that was signed out in another', async () => {
    const other = await signIn();
    expect(await statuses('/v2/account', other)).toEqual([200]);
    const client = new IdentityClient(server.url);
    client.useToken(other);
    await client.post('/v2/account/logout', {});
    await eventually(async () => (await statuses('/v2/account', other)).join() === '401');
  });

  it('answers without a worker that was killed, and starts it again', async () => {
    const [first = 0, second = 0] = await workers();
    process.kill(second, 'SIGKILL');
    await server.logged('"worker_ended","worker":2');
    expect(await statuses('/v2/account')).toEqual([200]);
    await eventually(async () => {
      const now = await workers();
      return now.length === 2 && now.includes(first) && !now.includes(second);
    });
    await server.logged(/server_started(?:.|\n)*server_started(?:.|\n)*server_started/, 60_000);
    process.kill(first, 'SIGKILL');
    await server.logged('"worker_ended","worker":1');
    await eventually(async () => (await fetch(`${server.adminUrl}/health/live`).catch(() => undefined))?.ok, 60_000);
    expect(await statuses('/v2/account')).toEqual([200]);
  });

  it('ends all workers when it is stopped', async () => {
    const running = await workers();
    expect(await server.stop('SIGTERM')).toBe(0);
    for (const pid of running) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});

it('islet serve --workers is refused on SQLite, with advice', async () => {
  const env = { ...process.env, ISLET_DATA_DIR: '/nonexistent', ISLET_SERVER_NAME: 'id.example.org' };
  const { code, stderr } = await islet(['serve', '--workers', '2'], { env, cwd: '/' });
  expect(code).toBe(1);
  expect(stderr).toContain('use PostgreSQL (`database.url`), or leave out --workers');
});
