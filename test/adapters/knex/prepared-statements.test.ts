import { createRequire } from 'node:module';
import knex, { type Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sqlite } from '../../../src/adapters/knex/sqlite-connection.js';

const { Database } = createRequire(import.meta.url)('sqlite3') as {
  Database: { prototype: { prepare: (sql: string, ...rest: unknown[]) => unknown } };
};

let db: Knex;
let prepared: string[];

beforeEach(async () => {
  prepared = [];
  const prepare = Database.prototype.prepare;
  vi.spyOn(Database.prototype, 'prepare').mockImplementation(function (this: unknown, sql, ...rest) {
    prepared.push(sql);
    return prepare.call(this as never, sql, ...rest);
  });
  db = knex(sqlite(':memory:', undefined));
  await db.schema.createTable('notes', (table) => {
    table.text('text').primary();
    table.integer('number').notNullable();
  });
  prepared = [];
});
afterEach(async () => {
  vi.restoreAllMocks();
  await db.destroy();
});

const add = (text: string, number: number | null = 1) => db('notes').insert({ text, number });
const all = () => db('notes').orderBy('text').pluck('text');

describe('statements for SQLite', () => {
  it('are prepared once, with the same results as before', async () => {
    expect(await add('a')).toEqual([1]);
    expect(await add('b')).toEqual([2]);
    expect(await db('notes').where({ text: 'a' }).update({ number: 2 })).toBe(1);
    expect(await db('notes').where({ text: 'x' }).update({ number: 2 })).toBe(0);
    expect(await db('notes').where({ number: 2 }).select()).toEqual([{ text: 'a', number: 2 }]);
    expect(await db('notes').where({ number: 1 }).select()).toEqual([{ text: 'b', number: 1 }]);
    expect(prepared).toHaveLength(3);
  });

  it('that fail are reported and prepared again, and do not affect others', async () => {
    await add('a');
    for (let time = 0; time < 3; time++) await expect(add('a')).rejects.toThrow('UNIQUE');
    await expect(add('b', null)).rejects.toThrow('NOT NULL');
    await add('b');
    for (let time = 0; time < 2; time++) await expect(db.raw('select unknown from notes')).rejects.toThrow('unknown');
    const isRejected = await db.transaction(async (trx) => {
      const twice = [1, 2].map(() => trx.raw('select missing from notes').then(String, () => 'rejected'));
      return Promise.all(twice);
    });
    expect(isRejected).toEqual(['rejected', 'rejected']);
    expect(await all()).toEqual(['a', 'b']);
  });

  it('use the current tables', async () => {
    await add('a');
    expect(await db('notes').select()).toEqual([{ text: 'a', number: 1 }]);
    await db.schema.alterTable('notes', (table) => table.text('more').defaultTo('x'));
    expect(await db('notes').select()).toEqual([{ text: 'a', number: 1, more: 'x' }]);
    await db.schema.dropTable('notes');
    await expect(db('notes').select()).rejects.toThrow('no such table');
    await db.schema.createTable('notes', (table) => table.text('text'));
    expect(await db('notes').select()).toEqual([]);
  });

  it('are kept up to a maximum number', async () => {
    for (let at = 0; at < 400; at++) await db.raw(`select ${at} as n`);
    prepared = [];
    await db.raw('select 399 as n');
    expect(prepared).toEqual([]);
    await db.raw('select 0 as n');
    expect(prepared).toEqual(['select 0 as n']);
  });

  it('that run concurrently in a transaction each return their own result', async () => {
    await db.transaction((trx) =>
      Promise.all(Array.from({ length: 20 }, (_, at) => trx('notes').insert({ text: `n${at}`, number: at }))),
    );
    const found = await db.transaction((trx) =>
      Promise.all(Array.from({ length: 20 }, (_, at) => trx('notes').where({ number: at }).pluck('text'))),
    );
    expect(found).toEqual(Array.from({ length: 20 }, (_, at) => [`n${at}`]));
  });
});
