import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { connect, type DatabaseOptions, openDatabase } from '../../../src/adapters/knex/database.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { execute } from '../../support/moving/databases.js';
import { freshDatabase } from '../../support/postgres-server.js';
import { sharedPostgres } from '../../support/services.js';
import { DUMPS } from '../../support/upgrade/dumps.js';
import { readBack, storesOf } from '../../support/upgrade/stored-data.js';

const close: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of close.splice(0).toReversed()) await end();
});

/** Restores a dump to a separate database. */
const restore: Readonly<Record<'sqlite' | 'postgres', (sql: string) => Promise<DatabaseOptions>>> = {
  sqlite: async (sql) => {
    const folder = await mkdtemp(join(tmpdir(), 'islet-upgrade-'));
    close.push(() => rm(folder, { recursive: true }));
    const file = join(folder, 'islet.db');
    await execute(file, `begin;\n${sql}commit;`);
    return { client: 'sqlite3', file };
  },
  postgres: async (sql) => {
    const made = await freshDatabase((await sharedPostgres()).url);
    close.push(() => made.drop());
    const { url } = made;
    const client = new pg.Client(url);
    await client.connect();
    await client.query(sql);
    await client.end();
    return { client: 'pg', url };
  },
};

const read = (name: string) => readFileSync(join(DUMPS, name), 'utf8');
const dumps = readdirSync(DUMPS).flatMap((name) =>
  (['sqlite', 'postgres'] as const).flatMap((database) => {
    const [version = '', ...rest] = name.split(`.${database}.sql`);
    return rest.length > 0 ? [{ name, version, database }] : [];
  }),
);

/** The number of rows of each table. */
async function countRows(db: Knex, tables: readonly string[]): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const table of tables) counts[table] = Number((await db(table).count({ rows: '*' }).first())?.rows);
  return counts;
}

describe('the database of a former version', () => {
  it('exists for SQLite and PostgreSQL, with rows in every table', () => {
    expect(new Set(dumps.map(({ database }) => database))).toEqual(new Set(Object.keys(restore)));
    for (const { name } of dumps) {
      const sql = read(name);
      const tables = [...sql.matchAll(/^create table (?:public\.)?[`"]?(\w+)/gim)].map(([, table = '']) => table);
      expect(tables.length).toBeGreaterThan(20);
      const isFilled = (table: string) => new RegExp(`^insert into (?:public\\.)?"?${table}"? `, 'im').test(sql);
      // Their rows are temporary, or belong to Knex.
      const mayBeEmpty = ['knex_migrations_lock'];
      expect(tables.filter((table) => !isFilled(table) && !mayBeEmpty.includes(table))).toEqual([]);
    }
  });

  it.each(dumps)(
    'has all its rows after the upgrade, and they can be used: $name',
    async ({ name, version, database }) => {
      const options = await restore[database](read(name));
      const before = connect(options);
      const tables = [...read(name).matchAll(/^insert into (?:public\.)?"?(\w+)"? /gim)].map(([, table = '']) => table);
      const rows = await countRows(
        before,
        [...new Set(tables)].filter((table) => !table.startsWith('knex_')),
      );
      await before.destroy();

      const db = await openDatabase(options);
      close.push(() => db.destroy());
      expect(await countRows(db, Object.keys(rows))).toEqual(rows);
      expect(JSON.parse(JSON.stringify(await readBack(db)))).toMatchObject(
        JSON.parse(read(`${version}.json`)) as object,
      );

      const { associations, accounts, invites, jobs, feed, limits } = storesOf(db);
      const position = await feed.position();
      expect(await associations.unbind(email('bert@example.org'), '@bert:example.org')).toBe(true);
      expect(await feed.position()).toBeGreaterThan(position);
      expect(await accounts.removeToken('token-of-anna')).toBe(true);
      expect(await accounts.find('token-of-anna')).toBeUndefined();
      await invites.deliver(['waiting'], 1, []);
      expect(await invites.get('waiting')).toMatchObject({ deliveredAt: 1 });
      const request = { holder: 'h', attempt: 'first', time: Date.now(), limit: 9, perDestination: 9 } as const;
      const kinds = ['onbind', 'invite-digest'] as const;
      const taken = await jobs.take({ ...request, kinds, inHand: new Map(), order: 'oldest' });
      expect(taken.map(({ kind }) => kind).toSorted()).toEqual(kinds.toSorted());
      expect(await limits.consume('mail to bert', { amount: 1, windowMs: 60_000 })).toBe(0);
      await limits.close();
    },
  );
});
