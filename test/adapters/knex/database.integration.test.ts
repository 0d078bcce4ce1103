import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { databaseVersion, type DatabaseOptions, openDatabase } from '../../../src/adapters/knex/database.js';
import { migrationSource } from '../../../src/adapters/knex/migrations.js';
import { knexStores } from '../../../src/adapters/knex/stores.js';
import { RotatingSecret } from '../../../src/adapters/shared/rotating-secret.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { callsOf, draftOf, readAll } from '../../contracts/stores.js';
import { eventually } from '../../support/eventually.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { freshDatabase, onServer, ROLE_WITH_PASSWORD } from '../../support/postgres-server.js';
import { sharedPostgres } from '../../support/services.js';
import { secretBox } from '../../support/secret-box.js';

const postgres = await sharedPostgres();

const clock = { now: () => 0 };
const opened: Knex[] = [];
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'islet-database-'));
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((db) => db.destroy()));
  await rm(folder, { recursive: true });
});

async function open(options: DatabaseOptions): Promise<Knex> {
  const db = await openDatabase(options);
  opened.push(db);
  return db;
}

const places: readonly [string, () => Promise<DatabaseOptions>][] = [
  ['a SQLite file', async () => ({ client: 'sqlite3', file: join(folder, 'islet.db') })],
  ['PostgreSQL', async () => ({ client: 'pg', url: (await freshDatabase(postgres.url)).url })],
];

/** A proxy to a server that counts round trips: how often data is sent after data was received. */
async function countingProxy(target: number) {
  const counted = { roundTrips: 0 };
  let isAnswered = true;
  const proxy = createServer((client) => {
    const server = connect(target, '127.0.0.1');
    for (const socket of [client, server]) socket.on('error', () => undefined);
    client.on('data', (data) => {
      if (isAnswered) counted.roundTrips += 1;
      isAnswered = false;
      server.write(data);
    });
    server.on('data', (data) => {
      isAnswered = true;
      client.write(data);
    });
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  return { counted, port: (proxy.address() as AddressInfo).port, close: () => proxy.close() };
}

describe('an empty PostgreSQL database behind a slow connection', () => {
  it('is migrated in few round trips, with the same result as statement by statement', async () => {
    const { url } = await freshDatabase(postgres.url);
    const proxy = await countingProxy(Number(new URL(url).port));
    onTestFinished(() => void proxy.close());
    const behind = new URL(url);
    behind.port = String(proxy.port);
    const db = await open({ client: 'pg', url: behind.href });
    expect(proxy.counted.roundTrips).toBeLessThan(40);

    const structure = async () => {
      const columns = await db('information_schema.columns')
        .where({ table_schema: 'public' })
        .orderBy(['table_name', 'ordinal_position'])
        .select('table_name', 'column_name', 'data_type', 'is_nullable', 'column_default');
      const indexes = await db('pg_indexes').where({ schemaname: 'public' }).orderBy('indexname').select('indexdef');
      const applied = await db('knex_migrations').orderBy('id').select('name', 'batch');
      const rows = await db('write_probe').select();
      return { columns, indexes, applied, rows };
    };
    const batched = await structure();
    await db.migrate.rollback({ migrationSource, disableTransactions: true }, true);
    await db.migrate.latest({ migrationSource, disableTransactions: true });
    expect(await structure()).toEqual(batched);
  });
});

describe.each(places)('a database in %s', (_name, place) => {
  it('can be migrated up, down and up again', async () => {
    const db = await open(await place());
    const tables = ['validation_sessions', 'claim_changes_purged', 'rate_limit_takes'];
    const present = () => Promise.all(tables.map((table) => db.schema.hasTable(table)));
    await db.migrate.rollback({ migrationSource, disableTransactions: true }, true);
    expect(await present()).toEqual([false, false, false]);
    await db.migrate.latest({ migrationSource, disableTransactions: true });
    expect(await present()).toEqual([true, true, true]);
  });

  it('keeps bindings and sessions of a version without user ID assignments', async () => {
    const db = await open(await place());
    while (await db.schema.hasTable('holders')) await db.migrate.down({ migrationSource, disableTransactions: true });
    const threepid = { medium: 'email', address: 'anna@example.org', alias: null };
    const mxid = '@anna:example.org';
    await db('associations').insert({ ...threepid, mxid, bound_at: 1, not_before: 1, not_after: 2 });
    const session = { sid: 's1', client_secret: 'monkeys', token: '1', send_attempt: 1, modified_at: 7 };
    await db('validation_sessions').insert({ ...threepid, ...session });
    await db.migrate.latest({ migrationSource, disableTransactions: true });

    const stores = knexStores(db, clock, secretBox);
    expect(await stores.associations.find([email('anna@example.org')])).toEqual([
      { threepid: email('anna@example.org'), mxid, boundAt: 1, notBefore: 1, notAfter: 2 },
    ]);
    expect(await stores.sessions.get('s1')).toMatchObject({ openedAt: 7, modifiedAt: 7 });
  });

  it('is unchanged when it is opened again', async () => {
    const options = await place();
    await knexStores(await open(options), clock, secretBox).accounts.addToken('token', '@anna:example.org', 1);
    await opened.splice(0)[0]?.destroy();
    expect(await knexStores(await open(options), clock, secretBox).accounts.find('token')).toBe('@anna:example.org');
  });

  it('is not opened by a version that is older than the database, and the error says so', async () => {
    const options = await place();
    const db = await open(options);
    await db('knex_migrations').insert({ name: '9999-of-tomorrow', batch: 2, migration_time: new Date() });
    await opened.splice(0)[0]?.destroy();
    await expect(openDatabase(options)).rejects.toThrow(
      /a newer version of Islet has used it and added 9999-of-tomorrow/,
    );
  });

  it('contains no access token and no limited key in plain text', async () => {
    const db = await open(await place());
    const stores = knexStores(db, clock, secretBox);
    await stores.accounts.addToken('secret-token', '@anna:example.org', 1);
    await stores.limits.consume('mail to anna@example.org', { amount: 1, windowMs: 1 });
    const rows = JSON.stringify([await db('access_tokens'), await db('rate_limit_takes')]);
    expect(rows).not.toMatch(/secret-token|mail to|anna@/);
  });

  it('reports errors without the values that were to be stored', async () => {
    const stores = knexStores(await open(await place()), clock, secretBox);
    const invite = {
      token: 'invite-secret',
      threepid: email('anna@example.org'),
      roomId: '!room:example.org',
      sender: '@bob:example.org',
      ephemeralPublicKey: 'key',
      keyId: 'ed25519:0',
      createdAt: 1,
      deliveredAt: undefined,
    } as const;
    await stores.invites.add(invite, []);
    await stores.accounts.addToken('token-secret', '@anna:example.org', 1);
    const twice = draftOf(stores.mirrors, [entry('anna@example.org'), entry('anna@example.org')]);
    const failed = await Promise.allSettled([
      stores.invites.add(invite, []),
      stores.invites.add({ ...invite, token: 'another-secret', roomId: missing }, []),
      stores.accounts.addToken('token-secret', '@anna:example.org', 1),
      stores.mirrors.apply('staff', { upserts: twice, ...nothing }),
    ]);
    for (const outcome of failed) {
      expect(outcome.status).toBe('rejected');
      const { reason } = outcome as PromiseRejectedResult;
      const texts = [String(reason), JSON.stringify(reason), JSON.stringify(Object.getOwnPropertyDescriptors(reason))];
      expect(texts.join()).not.toMatch(/-secret|anna@/);
    }
  });

  it('applies nothing of an update if one entry violates a constraint', async () => {
    const stores = knexStores(await open(await place()), clock, secretBox);
    const many = Array.from({ length: 3_000 }, (_, at) => entry(`id-${at}`));
    const broken = { ...entry('broken'), base: missing };
    const put = draftOf(stores.mirrors, [...many, broken]);
    await expect(stores.mirrors.apply('staff', { upserts: put, ...nothing })).rejects.toThrow(/null/i);
    expect(await readAll(stores.mirrors.entries('staff'))).toEqual([]);
    expect(await stores.mirrors.state('staff')).toBeUndefined();
  });
});

describe('a SQLite file', () => {
  const inFolder = (...names: string[]) => ({ client: 'sqlite3', file: join(folder, ...names) }) as const;

  it('can be read only by its owner', async () => {
    await open(inFolder('islet.db'));
    for (const name of await readdir(folder)) expect((await stat(join(folder, name))).mode & 0o077).toBe(0);
  });

  it('is open in one process at a time', async () => {
    await open(inFolder('islet.db'));
    await expect(openDatabase(inFolder('islet.db'))).rejects.toThrow(/islet\.db: another process has it open/);
  });

  it('is named in the error if it cannot be opened', async () => {
    await expect(openDatabase(inFolder('nowhere', 'islet.db'))).rejects.toThrow(/nowhere\/islet\.db: .*no such file/);
  });
});

describe('PostgreSQL', () => {
  const database = async () => (await freshDatabase(postgres.url)).url;

  it('is migrated once by instances that start together', async () => {
    const url = await database();
    const instances = await Promise.all([1, 2, 3].map(() => open({ client: 'pg', url })));
    for (const db of instances) expect(await knexStores(db, clock, secretBox).peppers.all()).toEqual([]);
  });

  it('accepts a password with any characters, separately from the URL', async () => {
    const url = new URL(await database());
    const password = "s3cr$t #1 %41&?='\\ ü";
    const quoted = password.replaceAll("'", "''");
    await onServer(url.href, `create role ${ROLE_WITH_PASSWORD} superuser login password '${quoted}'`);
    url.username = ROLE_WITH_PASSWORD;
    const db = await open({ client: 'pg', url: url.href, password: new RotatingSecret(password) });
    expect(await knexStores(db, clock, secretBox).peppers.all()).toEqual([]);
    const wrong = openDatabase({ client: 'pg', url: url.href, password: new RotatingSecret('wrong-secret') });
    await expect(wrong).rejects.toThrow(/password authentication failed/);
    await expect(wrong).rejects.not.toThrow(/wrong-secret/);
  });

  it('is used over TLS only if its certificate is trusted, whatever the environment variables are', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    await writeFile(join(folder, 'ca.pem'), postgres.ca);
    const url = `${await database()}?sslmode=verify-full`;
    const db = await open({ client: 'pg', url: `${url}&sslrootcert=${join(folder, 'ca.pem')}` });
    const { rows } = await db.raw('select ssl from pg_stat_ssl where pid = pg_backend_pid()');
    expect(rows).toEqual([{ ssl: true }]);
    await expect(openDatabase({ client: 'pg', url })).rejects.toThrow('certificate is not trusted');
    vi.unstubAllEnvs();
  });

  it('is named in the error if it cannot be reached, without the password', async () => {
    const refused = openDatabase({ client: 'pg', url: 'postgres://islet:url-secret@127.0.0.1:1/islet' });
    await expect(refused).rejects.toThrow(
      /^could not open the database islet at 127\.0\.0\.1:1: the connection is refused$/,
    );
    await expect(refused).rejects.not.toThrow(/url-secret/);
  });

  it('is used over another connection after one that did not answer', async () => {
    const url = new URL(await database());
    let isSilent = false;
    const proxy = await TcpProxy.to(Number(url.port), () => !isSilent);
    url.port = String(proxy.port);
    url.searchParams.set('query_timeout', '1500');
    const db = await open({ client: 'pg', url: url.href });
    isSilent = true;
    await expect(db.raw('select 1')).rejects.toThrow('the database cannot be reached, or is not writable');
    isSilent = false;
    expect(await eventually(() => db.raw<{ rows: unknown }>('select 1 as n').catch(() => undefined))).toMatchObject({
      rows: [{ n: 1 }],
    });
    await db.destroy();
    await proxy.stop();
  });

  it('notifies other instances, also after all connections were cut', async () => {
    const url = await database();
    const db = await open({ client: 'pg', url });
    const { feed } = knexStores(db, clock, secretBox);
    const calls = callsOf(feed);
    const bindElsewhere = async (name: string) => {
      const otherDb = await open({ client: 'pg', url });
      const next = calls.next();
      await knexStores(otherDb, clock, secretBox).associations.bind(
        { ...claim(name), boundAt: 1, notBefore: 1, notAfter: 2 },
        [],
      );
      await next;
    };
    await calls.next(); // it has read its position
    await bindElsewhere('anna');
    await onServer(
      url,
      'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()',
    );
    await bindElsewhere('bob');
    const listeners = () =>
      db('pg_stat_activity').where({ query: 'listen islet_changes' }).andWhereRaw('datname = current_database()');
    await expect.poll(listeners).toHaveLength(1);
    calls.close();
    expect((await feed.since(0))?.changes).toHaveLength(2);
  });
});

/** A value that TypeScript declares as never missing. */
const missing = null as unknown as string;

const claim = (name: string) => ({ threepid: email(`${name}@example.org`), mxid: `@${name}:example.org` }) as const;

const entry = (id: string) => ({
  id,
  label: id,
  digest: '1',
  base: 'people',
  person: undefined,
  skipped: [],
});

const nothing = {
  removed: [],
  state: { syncedAt: 1, attemptedAt: 1, bases: {}, failure: undefined },
  changes: [],
};

describe('a PostgreSQL that cannot be used as it is', () => {
  it('is refused at once, with the statement to run, if the user may not create tables', async () => {
    const { url } = await freshDatabase(postgres.url);
    await onServer(postgres.url, 'drop role if exists islet_guest').catch(() => undefined);
    await onServer(postgres.url, 'create role islet_guest login');
    await onServer(url, 'revoke create on schema public from public');
    const guest = new URL(url);
    guest.username = 'islet_guest';
    const words =
      /: the role islet_guest may not create tables in the schema public\..*: grant usage, create on schema public to islet_guest$/;
    await expect(openDatabase({ client: 'pg', url: guest.href })).rejects.toThrow(words);
    await expect(databaseVersion({ client: 'pg', url: guest.href })).rejects.toThrow(words);
    await onServer(url, 'grant usage, create on schema public to islet_guest');
    await open({ client: 'pg', url: guest.href });
  });

  it('is refused if its encoding lacks letters of many names', async () => {
    const { url } = await freshDatabase(postgres.url);
    const latin = new URL(url);
    latin.pathname = `${latin.pathname}_latin`;
    await onServer(
      postgres.url,
      `create database ${latin.pathname.slice(1)} encoding 'LATIN1' locale 'C' template template0`,
    );
    const words = /its encoding is LATIN1.*create database test_\w+_latin encoding 'UTF8' template template0/;
    await expect(openDatabase({ client: 'pg', url: latin.href })).rejects.toThrow(words);
    await expect(databaseVersion({ client: 'pg', url: latin.href })).rejects.toThrow(words);
  });

  it('receives no more connections than the option allows, including the one for notifications', async () => {
    const { url } = await freshDatabase(postgres.url);
    const db = await open({ client: 'pg', url, connections: 3 });
    const pidOf = async (asker: Knex) =>
      (await asker.raw<{ rows: { pid: number }[] }>('select pg_backend_pid() as pid')).rows[0]?.pid;
    // Each waits until the other one has a connection as well.
    const held = await Promise.all([db.transaction(), db.transaction()]);
    const known = new Set(await Promise.all(held.map(pidOf)));
    expect(known.size).toBe(2);
    const waiting = Array.from({ length: 12 }, () => pidOf(db));
    await Promise.all(held.map((transaction) => transaction.rollback()));
    for (const pid of await Promise.all(waiting)) expect(known).toContain(pid);
  });
});

describe('an instance that starts while another one migrates the database', () => {
  it('waits for the migration longer than for any other statement', async () => {
    const database = await freshDatabase(postgres.url);
    const other = new Client(database.url);
    await other.connect();
    const isWaiting = async () => {
      const { rows } = await other.query(
        "select 1 from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())",
      );
      return rows.length > 0;
    };
    try {
      await other.query("select pg_advisory_lock(hashtextextended('islet migrations', 0))");
      const limitMs = 2_500;
      const opening = open({ client: 'pg', url: database.url, statementLimitMs: limitMs });
      opening.catch(() => undefined); // checked below
      await eventually(isWaiting);
      await new Promise((resolve) => setTimeout(resolve, limitMs + 500));
      expect(await isWaiting()).toBe(true);
      await other.query("select pg_advisory_unlock(hashtextextended('islet migrations', 0))");
      expect(await (await opening).schema.hasTable('jobs')).toBe(true);
    } finally {
      await other.end();
    }
  });
});
