import Module from 'node:module';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import knex, { type Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findingsIn } from '../../../src/adapters/sources/answer-validation.js';
import { SourceDirectory } from '../../../src/adapters/sources/source-directory.js';
import { bound, SqlDatabase, type SqlPlace } from '../../../src/adapters/sources/sql-database.js';
import { sqlSource, synapseSource } from '../../../src/adapters/sources/sql-source.js';
import { RotatingSecret } from '../../../src/adapters/shared/rotating-secret.js';
import { email, msisdn } from '../../../src/domain/identifiers/threepid.js';
import { testContext } from '../../../src/testing.js';
import { threepidSourceContract } from '../../contracts/threepid-source.contract.js';
import { eventually } from '../../support/eventually.js';
import { freshDatabase } from '../../support/postgres-server.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { sharedPostgres } from '../../support/services.js';

const postgres = await sharedPostgres();

const { signal } = new AbortController();

const find = `
  select case :medium when 'email' then mail else phone end as address, mxid from people
  where (:medium = 'email' and lower(mail) in (:addresses))
     or (:medium = 'msisdn' and '49' || substr(replace(phone, ' ', ''), 2) in (:addresses))`;
const list = `
  select 'email' as medium, mail as address, mxid from people
  union all select 'msisdn', phone, mxid from people where phone is not null`;

interface Place {
  readonly place: SqlPlace;
  readonly knex: Knex.Config;
  remove(): Promise<void>;
}

const databases: Readonly<Record<string, () => Promise<Place>>> = {
  SQLite: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'islet-sql-'));
    const file = join(folder, "people's.db");
    return {
      place: { file },
      knex: { client: 'sqlite3', connection: { filename: file }, useNullAsDefault: true },
      remove: () => rm(folder, { recursive: true }),
    };
  },
  PostgreSQL: async () => {
    const made = await freshDatabase(postgres.url);
    const { url } = made;
    return {
      place: { url, password: new RotatingSecret('is not asked for') },
      knex: { client: 'pg', connection: url },
      remove: () => made.drop(),
    };
  },
};

describe.each(Object.entries(databases))('a table in %s', (_name, create) => {
  let made: Place;

  beforeAll(async () => {
    made = await create();
    const db = knex(made.knex);
    await db.raw('create table people (mxid text, mail text, phone text)');
    await db('people').insert([
      { mxid: '@alice:example.org', mail: 'Alice@Example.org', phone: '0221 5551234' },
      { mxid: '@bob:example.org', mail: 'bob@example.org', phone: null },
      { mxid: null, mail: 'left@example.org', phone: null },
    ]);
    await db.destroy();
  });

  afterAll(() => made?.remove());

  const open = (more: Partial<Parameters<typeof sqlSource>[0]> = {}) =>
    sqlSource({ place: made.place, find, list, phoneRegion: 'DE', ...more }, testContext());

  threepidSourceContract(() => open(), {
    known: [
      ['email', 'alice@example.org', '@alice:example.org'],
      ['email', 'bob@example.org', '@bob:example.org'],
      ['msisdn', '492215551234', '@alice:example.org'],
    ],
    unknown: [
      ['email', 'left@example.org'],
      ['msisdn', '447700900123'],
    ],
  });

  it('with unknown media in its listing has failed, and does not count as empty', async () => {
    const source = await open({ list: "select 'mail' as medium, mail as address, mxid from people" });
    const listed = new SourceDirectory(source, { name: 'people', media: ['email'] }, () => undefined);
    await expect(listed.list().next()).rejects.toThrow('its listing contains no valid association');
    await source.close?.();
  });

  it('may have columns of fixed width, padded with blanks, and mark unlisted people', async () => {
    const padded = (text: string) => (_name === 'SQLite' ? `${text} || '   '` : `cast(${text} as char(40))`);
    const columns = `${padded('mail')} as address, ${padded('mxid')} as mxid, mxid = '@bob:example.org' as unlisted`;
    const source = await open({
      find: `select ${columns} from people where lower(mail) in (:addresses) and :medium = 'email'`,
      list: `select ${padded("'email'")} as medium, ${columns} from people where mxid is not null`,
    });
    const people = new SourceDirectory(source, { name: 'people', media: ['email'] }, () => undefined);
    const listed = [];
    for await (const { entries } of people.list()) listed.push(...entries.map((entry) => entry.parse().person));
    expect(listed).toEqual([
      { mxid: '@alice:example.org', threepids: [email('alice@example.org')] },
      { mxid: '@bob:example.org', threepids: [email('bob@example.org')], isUnlisted: true },
    ]);
    expect(await source.find([email('bob@example.org')], signal)).toMatchObject([
      { mxid: '@bob:example.org', isUnlisted: true },
    ]);
    await source.close?.();
  });

  it('with a number as a user ID is reported: that is not a user ID', async () => {
    const source = await open({ list: "select 'email' as medium, mail as address, 4711 as mxid from people" });
    const invalid: string[] = [];
    const people = new SourceDirectory(source, { name: 'people', media: ['email'] }, (reason) => invalid.push(reason));
    await expect(people.list().next()).rejects.toThrow('its listing contains no valid association');
    expect(invalid).toContain('a finding without a valid Matrix ID');
    await source.close?.();
  });

  it('is queried for each spelling of an address (LOOK-13)', async () => {
    const rows = `select 'strauß@example.org' as mail, '@strauss:example.org' as mxid`;
    const source = await open({
      find: `select mail as address, mxid from (${rows}) as p where :medium = 'email' and mail in (:addresses)`,
    });
    for (const asked of ['strauß@example.org', 'strauss@example.org', 'STRAUSS@example.org'])
      expect(await source.find([email(asked)], signal)).toMatchObject([{ mxid: '@strauss:example.org' }]);
    await source.close?.();
  });

  it.each([
    ['info@xn--bcher-kva.example', 'info@bücher.example'],
    ['info@bücher.example', 'info@xn--bcher-kva.example'],
  ])('finds %s also as %s (LOOK-13)', async (written, other) => {
    const rows = `select '${written}' as mail, '@info:example.org' as mxid`;
    const source = await open({
      find: `select mail as address, mxid from (${rows}) as p where :medium = 'email' and mail in (:addresses)`,
    });
    const asked = [email(other)];
    const findings = findingsIn(await source.find(asked, signal), asked, () => undefined);
    expect(findings).toEqual([{ threepid: asked[0], mxid: '@info:example.org' }]);
    await source.close?.();
  });

  it('has no mirror without a query for a listing', async () => {
    const source = await open({ list: undefined });
    expect(source).not.toHaveProperty('all');
    await source.close?.();
  });

  it.each([
    ['a table that does not exist', 'select address, mxid from nowhere where address in (:addresses)', /nowhere/],
    ['a column that does not exist', 'select shoes, mxid from people where mail in (:addresses)', /shoes/],
    ['words in the wrong order', 'select from where', /syntax error/],
    ['a function that does not exist', 'select shoes(mail) as address, mxid from people', /shoes/],
    [
      'columns of other names',
      `select mail as address, mxid as "user" from people where lower(mail) in (:addresses)`,
      /returns no column mxid, but address, user$/,
    ],
  ])('reports what is wrong with a query for %s', async (_case, query, reason) => {
    const source = await open({ find: query });
    await expect(source.find([email('alice@example.org')], signal)).rejects.toThrow(reason);
    await source.close?.();
  });
});

it.each([
  ['postgres://nobody@server/postgres', /^the query "find" failed: 28000, role "nobody" does not exist$/],
  ['postgres://islet@server/nowhere', /3D000, database "nowhere" does not exist$/],
  ['postgres://islet@127.0.0.1:1/people', /failed: the connection is refused$/],
])('a database at %s has failed with a reason', async (url, reason) => {
  const { host } = new URL(postgres.url);
  const source = await sqlSource({ place: { url: url.replace('server', host) }, find }, testContext());
  await expect(source.find([email('alice@example.org')], signal)).rejects.toThrow(reason);
  await source.close?.();
});

describe('a connection to PostgreSQL', () => {
  const url = new URL(postgres.url);

  it('uses TLS only with a trusted certificate, whatever the environment variables are', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const folder = await mkdtemp(join(tmpdir(), 'islet-sql-'));
    await writeFile(join(folder, 'ca.pem'), postgres.ca);
    const ask = async (more: string) => {
      const database = new SqlDatabase({ url: `${url.href}?sslmode=verify-full${more}` });
      const query = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()';
      try {
        return await database.rows('find', [], query);
      } finally {
        await database.close();
      }
    };
    expect(await ask(`&sslrootcert=${join(folder, 'ca.pem')}`)).toEqual([{ ssl: true }]);
    await expect(ask('')).rejects.toThrow('certificate is not trusted');
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });

  it('that was cut, or does not answer, delays no later query', async () => {
    let isSilent = false;
    const proxy = await TcpProxy.to(Number(url.port), () => !isSilent);
    const place = { url: `postgres://islet@127.0.0.1:${proxy.port}/postgres` };
    const database = new SqlDatabase(place, { findMs: 200, listMs: 200 });
    const ask = () => database.rows('find', ['n'], 'select 1 as n');
    expect(await ask()).toEqual([{ n: 1 }]);
    proxy.cut();
    await eventually(() => proxy.open === 0);
    expect(await ask()).toEqual([{ n: 1 }]);
    isSilent = true;
    await expect(ask()).rejects.toThrow('the query "find" failed: time limit exceeded');
    isSilent = false;
    expect(await ask()).toEqual([{ n: 1 }]);
    await database.close();
    await proxy.stop();
  });
});

describe('a query', () => {
  it('that fails reports no address in its error', async () => {
    const made = await freshDatabase(postgres.url);
    const find = 'select cast(a as int) from unnest(array[:addresses]) a';
    const source = await sqlSource({ place: { url: made.url }, find }, testContext());
    const failure: unknown = await source.find([email('secret@example.org')], signal).catch((error: unknown) => error);
    expect(inspect(failure, { depth: 9 })).toContain(
      'the query "find" failed: 22P02, a value is compared with a column of another type',
    );
    expect(inspect(failure, { depth: 9 })).not.toContain('secret');
    await source.close?.();
    await made.drop();
  });

  it('has its placeholders replaced, and nothing that only resembles them', () => {
    const query =
      "select a::text, '{\"x\":1}'::jsonb ? 'x' from t where m = :medium and a in (:addresses) and b = :mediums";
    expect(bound(query, { medium: 'email', addresses: ['a', 'b'] })).toEqual({
      sql: "select a::text, '{\"x\":1}'::jsonb \\? 'x' from t where m = ? and a in (?, ?) and b = :mediums",
      values: ['email', 'a', 'b'],
    });
  });

  it('that lists many people in SQLite delays requests only for a part of them', async () => {
    const made = await databases['SQLite']?.();
    if (!made) return;
    const db = knex(made.knex);
    const numbers = 'with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)';
    await db.raw(`create table people as ${numbers} select 'u' || i || '@example.org' as mail from n`);
    await db.destroy();
    const list = "select 'email' as medium, mail as address, '@a:b' as mxid from people;\n";
    const source = await sqlSource({ place: made.place, find, list }, testContext());
    let [rows, turns, isRead] = [0, 0, false];
    const turn = () => (isRead ? undefined : ((turns += 1), setImmediate(turn)));
    for await (const { mxid } of source.all?.(signal) ?? []) {
      if (rows === 0) turn();
      rows += mxid === '@a:b' ? 1 : 0;
    }
    isRead = true;
    expect(rows).toBe(5000);
    expect(turns).toBeGreaterThanOrEqual(4);
    await source.close?.();
    await made.remove();
  });

  it('cannot be changed by a queried address, and cannot write in SQLite', async () => {
    const made = await databases['SQLite']?.();
    if (!made) return;
    const db = knex(made.knex);
    await db.raw('create table people (mxid text, mail text)');
    await db('people').insert({ mxid: '@alice:example.org', mail: "o'x@example.org" });
    await db.destroy();
    const query = 'select mail as address, mxid from people where mail in (:addresses)';
    const source = await sqlSource({ place: made.place, find: query }, testContext());
    expect(await source.find([email("o'x@example.org")], signal)).toHaveLength(1);
    expect(await source.find([email("'||1=1--@example.org")], signal)).toEqual([]);
    await source.close?.();
    const [file] = 'file' in made.place ? [made.place.file] : [];
    const writing = await sqlSource(
      { place: { file: file ?? '' }, find: 'delete from people returning mail' },
      testContext(),
    );
    await expect(writing.find([email('a@b.c')], signal)).rejects.toThrow('SQLITE_READONLY');
    await writing.close?.();
    await made.remove();
  });
});

describe('MySQL', () => {
  it('reports what to install if its driver is missing', async () => {
    // The driver is installed for other tests: this process does not find it.
    const loader = Module as unknown as { _load(request: string, ...others: unknown[]): unknown };
    const load = loader._load.bind(Module);
    const loading = vi.spyOn(loader, '_load').mockImplementation((request, ...others) => {
      if (!request.startsWith('mysql2')) return load(request, ...others);
      throw Object.assign(new Error(`Cannot find module '${request}'`), { code: 'MODULE_NOT_FOUND' });
    });
    const place = { url: 'mysql://islet@localhost/people' };
    await expect(async () => sqlSource({ place, find }, testContext())).rejects.toThrow(/mysql2/);
    loading.mockRestore();
  });
});

describe('the database of a Synapse', () => {
  let made: Awaited<ReturnType<typeof freshDatabase>>;

  beforeAll(async () => {
    made = await freshDatabase(postgres.url);
    const db = knex({ client: 'pg', connection: made.url });
    await db.raw(`
      create table users (name text unique, password_hash text, creation_ts bigint, admin smallint not null default 0,
        upgrade_ts bigint, is_guest smallint not null default 0, appservice_id text, user_type text,
        deactivated smallint not null default 0, shadow_banned boolean, approved boolean,
        locked boolean not null default false, suspended boolean not null default false);
      create table erased_users (user_id text not null);
      create table user_threepids (user_id text not null, medium text not null, address text not null,
        validated_at bigint not null, added_at bigint not null);
      create unique index medium_address on user_threepids (medium, address);
      insert into users (name, deactivated) values
        ('@alice:example.org', 0), ('@gone:example.org', 1), ('@eve:elsewhere.org', 0), ('@erased:example.org', 1);
      insert into users (name, is_guest) values ('@guest:example.org', 1);
      insert into users (name, shadow_banned, locked, suspended) values ('@paused:example.org', true, true, true);
      insert into erased_users values ('@erased:example.org');
      insert into user_threepids values
        ('@alice:example.org', 'email', 'alice@example.org', 1, 1),
        ('@alice:example.org', 'msisdn', '492215551234', 1, 1),
        ('@gone:example.org', 'email', 'gone@example.org', 1, 1),
        ('@erased:example.org', 'email', 'erased@example.org', 1, 1),
        ('@guest:example.org', 'email', 'guest@example.org', 1, 1),
        ('@paused:example.org', 'email', 'paused@example.org', 1, 1),
        ('@eve:elsewhere.org', 'email', 'eve@elsewhere.org', 1, 1);`);
    await db.destroy();
  });

  afterAll(() => made?.drop());

  threepidSourceContract(() => synapseSource({ place: { url: made.url }, homeserver: 'example.org' }, testContext()), {
    known: [
      ['email', 'alice@example.org', '@alice:example.org'],
      ['msisdn', '492215551234', '@alice:example.org'],
      ['email', 'paused@example.org', '@paused:example.org'],
    ],
    unknown: [
      ['email', 'gone@example.org'],
      ['email', 'erased@example.org'],
      ['email', 'guest@example.org'],
      ['email', 'eve@elsewhere.org'],
    ],
  });

  it('is queried for its addresses', async () => {
    const source = await synapseSource({ place: { url: made.url }, homeserver: 'example.org' }, testContext());
    expect(await source.find([msisdn('492215551234')], signal)).toHaveLength(1);
    await source.close?.();
  });
});
