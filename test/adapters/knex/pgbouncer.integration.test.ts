import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/adapters/knex/database.js';
import { knexStores } from '../../../src/adapters/knex/stores.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { callsOf } from '../../contracts/stores.js';
import { eventually } from '../../support/eventually.js';
import { startPgBouncer } from '../../support/pgbouncer.js';
import { freshDatabase } from '../../support/postgres-server.js';
import { sharedPostgres } from '../../support/services.js';
import { secretBox } from '../../support/secret-box.js';

const postgres = await sharedPostgres();
const clock = { now: () => Date.now() };

describe.each(['session', 'transaction'] as const)('a database behind PgBouncer in %s mode', (poolMode) => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let pooler: Awaited<ReturnType<typeof startPgBouncer>>;

  beforeAll(async () => {
    database = await freshDatabase(postgres.url);
    pooler = await startPgBouncer(database.url, poolMode);
  });
  afterAll(async () => {
    await pooler.stop();
    await database.drop();
  });

  const open = () => openDatabase({ client: 'pg', url: pooler.url });

  it('limits the time of a transaction, and leaves no setting on shared connections', async () => {
    const db = await open();
    const limitOf = async (asker: { raw(sql: string): PromiseLike<{ rows: { statement_timeout: string }[] }> }) =>
      (await asker.raw('show statement_timeout')).rows[0]?.statement_timeout;
    expect(await db.transaction((trx) => limitOf(trx))).toBe('20s');
    expect(await limitOf(db)).toBe('0');
    await db.destroy();
  });

  it('answers all concurrent queries of two instances over the twenty available connections', async () => {
    const databases = [await open(), await open()];
    const instances = databases.map((db) => knexStores(db, clock, secretBox));
    const calls = instances.map(({ feed }) => callsOf(feed));
    const lifetime = { boundAt: 1, notBefore: 1, notAfter: 2 };
    const threepids = Array.from({ length: 60 }, (_, at) => email(`busy${at}@example.org`));
    // A client that gets no connection in time is refused.
    await Promise.all(
      threepids.flatMap((threepid) =>
        instances.map(({ associations }) =>
          associations.bind({ threepid, mxid: '@anna:example.org', ...lifetime }, []),
        ),
      ),
    );
    const found = await Promise.all(instances.map(({ associations }) => associations.find(threepids)));
    expect(found.map(({ length }) => length)).toEqual([60, 60]);
    for (const call of calls) call.close();
    for (const db of databases) await db.destroy();
  });

  it('reports changes and revocations of another instance soon', async () => {
    const [first, other] = [await open(), await open()];
    const [writer, reader] = [knexStores(first, clock, secretBox), knexStores(other, clock, secretBox)];
    const calls = callsOf(reader.feed);
    await eventually(() => reader.feed.revocations.isUpToDate());
    await writer.accounts.addToken('phone', '@anna:example.org', 1);
    expect(await reader.accounts.find('phone')).toBe('@anna:example.org');
    const since = performance.now();
    const called = calls.next();
    await writer.accounts.removeToken('phone');
    const lifetime = { boundAt: 1, notBefore: 1, notAfter: 2 };
    await writer.associations.bind({ threepid: email('anna@example.org'), mxid: '@anna:example.org', ...lifetime }, []);
    await called;
    while ((await reader.accounts.find('phone')) !== undefined) await new Promise((resolve) => setTimeout(resolve, 10));
    // It takes a second on an idle machine. Without a report, the reader would cache the token forever.
    expect(performance.now() - since).toBeLessThan(5_000);
    calls.close();
    await first.destroy();
    await other.destroy();
  });
});
