import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IdentityClient } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { FaultyProxy } from '../support/faulty-proxy.js';
import { type HomeserverStandIn, startHomeserver } from '../support/homeserver.js';
import { type RunningIslet, startIslet } from '../support/islet.js';
import { freshDatabase } from '../support/postgres-server.js';
import { sharedPostgres } from '../support/services.js';

const postgres = await sharedPostgres();

/** What the probe may take to find out, and a slow machine on top. */
const NOTICED_MS = 9_000;
const PEOPLE = 'mxid,email\n@alice:example.org,alice@example.org\n';

let homeserver: HomeserverStandIn;
beforeAll(async () => void (homeserver = await startHomeserver('example.org')));
afterAll(() => homeserver?.close());

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
  return { islet, client };
}

interface Ready {
  readonly status: number;
  readonly tookMs: number;
  readonly checks: { readonly database: boolean; readonly databaseFailure?: string };
}

async function readyOf({ adminUrl }: RunningIslet): Promise<Ready> {
  const since = performance.now();
  const answer = await fetch(`${adminUrl}/health/ready`, { signal: AbortSignal.timeout(10_000) });
  const { checks } = (await answer.json()) as Pick<Ready, 'checks'>;
  return { status: answer.status, tookMs: performance.now() - since, checks };
}

const found = { 'alice@example.org': '@alice:example.org' };

describe('a PostgreSQL that is away', () => {
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
    'is told by readiness and log when connections %s; nobody waits for it, hashed lookups go on, and it comes back',
    async (fault) => {
      await proxy.break(fault);
      await eventually(async () => (await readyOf(islet)).status === 503, NOTICED_MS);
      const ready = await readyOf(islet);
      expect(ready.tookMs).toBeLessThan(3_000);
      expect(ready.checks).toMatchObject({ database: false, databaseFailure: expect.stringContaining('from memory') });

      await eventually(async () => {
        const since = performance.now();
        const { status, body } = await client.get('/v2/account');
        return status === 503 && body['errcode'] === 'M_UNKNOWN' && performance.now() - since < 1_000;
      }, NOTICED_MS);
      const since = performance.now();
      for (let time = 0; time < 10; time++) expect(await client.findHashed(['alice@example.org'])).toEqual(found);
      expect(performance.now() - since).toBeLessThan(3_000);
      await islet.logged('database_unavailable');

      await proxy.heal();
      await eventually(async () => (await readyOf(islet)).status === 200, NOTICED_MS);
      expect((await client.get('/v2/account')).status).toBe(200);
      await islet.logged('database_available');
    },
    40_000,
  );

  it('that takes no writes is not ready, and says so until it takes them again', async () => {
    const { Client } = (await import('pg')).default;
    const admin = new Client(postgres.url);
    await admin.connect();
    const name = new URL(database.url).pathname.slice(1);
    const cut = () =>
      admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]).catch(() => 0);
    try {
      await admin.query(`alter database "${name}" set default_transaction_read_only = on`);
      await cut();
      await eventually(
        async () => (await readyOf(islet)).checks.databaseFailure?.includes('takes no writes'),
        NOTICED_MS,
      );
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

describe('an SQLite file that is taken away under the running server', () => {
  it('is noticed within seconds: nothing is promised any more, and it may be put back', async () => {
    const { islet, client } = await start({});
    const file = join(islet.folder, 'data', 'islet.db');
    try {
      await rename(file, `${file}.away`);
      await islet.logged('was deleted under the running server', NOTICED_MS);
      expect(await readyOf(islet)).toMatchObject({ status: 503, checks: { database: false } });
      expect(await new IdentityClient(islet.url).register('example.org', 'token-of-bob')).toMatchObject({
        status: 503,
      });
      expect(await client.findHashed(['alice@example.org'])).toEqual(found);

      await rename(`${file}.away`, file);
      await eventually(async () => (await readyOf(islet)).status === 200, NOTICED_MS);
      expect((await new IdentityClient(islet.url).register('example.org', 'token-of-bob')).status).toBe(200);

      await rm(file);
      await islet.logged(/deleted under[^]*deleted under/, NOTICED_MS);
      await islet.stop();
      // And it does not begin anew by itself.
      await expect(islet.restart()).rejects.toThrow('is missing or empty');
    } finally {
      await islet.remove();
    }
  });
});
