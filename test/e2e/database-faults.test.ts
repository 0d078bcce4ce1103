import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IdentityClient } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { FaultyProxy } from '../support/faulty-proxy.js';
import { type HomeserverStandIn, startHomeserver } from '../support/homeserver.js';
import { type RunningIslet, startIslet } from '../support/islet.js';
import { freshDatabase } from '../support/postgres-server.js';
import { smallDisk } from '../support/small-disk.js';
import { sharedPostgres } from '../support/services.js';

const postgres = await sharedPostgres();
const disk = await smallDisk(16);

/** The probe notices it within 6 s; a busy machine needs longer. */
const NOTICED_MS = 30_000;
/** No request may wait for the database: each statement would take 20 s, and forever without an answer. */
const AT_ONCE_MS = 10_000;
const PEOPLE = 'mxid,email\n@alice:example.org,alice@example.org\n';

let homeserver: HomeserverStandIn;
beforeAll(async () => void (homeserver = await startHomeserver('example.org')));
afterAll(async () => {
  await homeserver?.close();
  await disk?.remove();
});

async function start(config: object) {
  const islet = await startIslet(
    {
      server: { name: 'id.example.org' },
      homeservers: { 'example.org': { url: homeserver.url } },
      sources: [{ file: { name: 'list', path: 'people.csv' } }],
      ...config,
    },
    { 'people.csv': PEOPLE },
  );
  const client = new IdentityClient(islet.url);
  await client.register('example.org', 'token-of-alice');
  await eventually(async () => 'alice@example.org' in (await client.findHashed(['alice@example.org'])));
  await eventually(async () => (await readyOf(islet)).status === 200);
  return { islet, client };
}

interface Ready {
  readonly status: number;
  readonly tookMs: number;
  readonly checks: { readonly database: boolean; readonly databaseFailure?: string };
}

async function readyOf({ adminUrl }: RunningIslet): Promise<Ready> {
  const since = performance.now();
  const answer = await fetch(`${adminUrl}/health/ready`, { signal: AbortSignal.timeout(60_000) });
  const { checks } = (await answer.json()) as Pick<Ready, 'checks'>;
  return { status: answer.status, tookMs: performance.now() - since, checks };
}

const found = { 'alice@example.org': '@alice:example.org' };

describe('a PostgreSQL server that cannot be used', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let proxy: FaultyProxy;
  let islet: RunningIslet;
  let client: IdentityClient;

  beforeAll(async () => {
    database = await freshDatabase(postgres.url);
    const url = new URL(database.url);
    proxy = await FaultyProxy.to(Number(url.port));
    url.port = String(proxy.at);
    ({ islet, client } = await start({ database: { url: url.href } }));
  });
  afterAll(async () => {
    await islet?.remove();
    await proxy?.stop();
    await database?.drop();
  });

  it.each(['refuse', 'reset', 'hang', 'garbage'] as const)(
    'is reported by readiness and log if connections %s; requests do not wait, hashed lookups go on, and Islet recovers',
    async (fault) => {
      await proxy.break(fault);
      await eventually(async () => (await readyOf(islet)).status === 503, NOTICED_MS);
      const ready = await readyOf(islet);
      expect(ready.tookMs).toBeLessThan(AT_ONCE_MS);
      expect(ready.checks).toMatchObject({ database: false, databaseFailure: expect.stringContaining('from memory') });

      await eventually(async () => {
        const since = performance.now();
        const { status, body } = await client.get('/v2/account');
        return status === 503 && body['errcode'] === 'M_UNKNOWN' && performance.now() - since < AT_ONCE_MS;
      }, NOTICED_MS);
      const since = performance.now();
      for (let time = 0; time < 10; time++) expect(await client.findHashed(['alice@example.org'])).toEqual(found);
      expect(performance.now() - since).toBeLessThan(AT_ONCE_MS);
      await islet.logged('database_unavailable');

      await proxy.repair();
      await eventually(async () => (await readyOf(islet)).status === 200, NOTICED_MS);
      expect((await client.get('/v2/account')).status).toBe(200);
      await islet.logged('database_available');
    },
  );

  it('that accepts no writes makes Islet not ready, with the reason, until it accepts them again', async () => {
    const { Client } = (await import('pg')).default;
    const admin = new Client(postgres.url);
    await admin.connect();
    const name = new URL(database.url).pathname.slice(1);
    const cut = () =>
      admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]).catch(() => 0);
    try {
      await admin.query(`alter database "${name}" set default_transaction_read_only = on`);
      await cut();
      await eventually(async () => (await readyOf(islet)).checks.databaseFailure?.includes('is read-only'), NOTICED_MS);
      expect((await readyOf(islet)).status).toBe(503);
      expect(await client.findHashed(['alice@example.org'])).toEqual(found);
    } finally {
      await admin.query(`alter database "${name}" reset default_transaction_read_only`);
      await cut();
      await admin.end();
    }
    await eventually(async () => (await readyOf(islet)).status === 200, NOTICED_MS);
  });
});

describe('an SQLite file that is removed while the server runs', () => {
  it('is noticed within seconds: Islet accepts nothing until the file is put back', async () => {
    const { islet, client } = await start({});
    const file = join(islet.folder, 'data', 'islet.db');
    try {
      await rename(file, `${file}.away`);
      await islet.logged('was deleted while the server was running', NOTICED_MS);
      expect(await readyOf(islet)).toMatchObject({ status: 503, checks: { database: false } });
      expect(await new IdentityClient(islet.url).register('example.org', 'token-of-bob')).toMatchObject({
        status: 503,
      });
      expect(await client.findHashed(['alice@example.org'])).toEqual(found);

      await rename(`${file}.away`, file);
      await eventually(async () => (await readyOf(islet)).status === 200, NOTICED_MS);
      expect((await new IdentityClient(islet.url).register('example.org', 'token-of-bob')).status).toBe(200);

      await rm(file);
      await islet.logged(/database_unavailable[^]*database_unavailable/, NOTICED_MS);
      await islet.stop();
      // And it does not create an empty database by itself.
      await expect(islet.restart()).rejects.toThrow('is missing or empty');
    } finally {
      await islet.remove();
    }
  });
});

describe.skipIf(!disk)('an SQLite file on a full disk', () => {
  it('makes Islet refuse writes, with the reason in readiness and log, until there is space; nothing that was answered is lost', async () => {
    if (!disk) return;
    const { islet, client } = await start({
      database: { file: join(disk.folder, 'islet.db') },
      accessTokens: { perUser: false },
      limits: { signIn: { perHomeserver: false, perClient: false } },
    });
    const bob = new IdentityClient(islet.url);
    const answered: string[] = [];
    const register = async () => {
      const { status, body } = await bob.register('example.org', 'token-of-bob');
      if (status === 200) answered.push(String(body['token']));
      return status;
    };
    try {
      expect(await register()).toBe(200);
      await disk.fill();
      await eventually(async () => (await readyOf(islet)).status === 503, NOTICED_MS);
      expect((await readyOf(islet)).checks.databaseFailure).toContain('its disk is full');
      await islet.logged('its disk is full');
      // The write-ahead log has some free space of its own.
      const many = () => Promise.all(Array.from({ length: 50 }, register));
      await eventually(async () => (await many()).includes(503));
      expect(await client.findHashed(['alice@example.org'])).toEqual(found);
      expect((await client.get('/v2/account')).status).toBe(200);

      await disk.makeRoom();
      await eventually(async () => (await readyOf(islet)).status === 200, NOTICED_MS);
      await islet.logged('database_available');
      expect(await register()).toBe(200);
      await islet.stop('SIGKILL');
      await islet.restart();
      for (const token of answered.slice(-50)) {
        bob.useToken(token);
        expect((await bob.get('/v2/account')).status).toBe(200);
      }
    } finally {
      await islet.remove();
    }
  });
});
