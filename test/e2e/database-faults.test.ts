import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IdentityClient } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { FaultyProxy } from '../support/faulty-proxy.js';
import { type HomeserverStandIn, startHomeserver } from '../support/homeserver.js';
import type { RunningIslet } from '../support/islet.js';
import { freshDatabase } from '../support/postgres-server.js';
import { found, NOTICED_MS, readyOf, startWithPeople } from '../support/ready.js';
import { sharedPostgres } from '../support/services.js';

const postgres = await sharedPostgres();

/** No request may wait for the database: each statement would take 20 s, and forever without an answer. */
const AT_ONCE_MS = 10_000;

let homeserver: HomeserverStandIn;
beforeAll(async () => void (homeserver = await startHomeserver('example.org')));
afterAll(() => homeserver?.close());

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
    ({ islet, client } = await startWithPeople(homeserver.url, { database: { url: url.href } }));
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
