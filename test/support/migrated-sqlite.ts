import { rmSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { connect, openDatabase } from '../../src/adapters/knex/database.js';

type Row = Readonly<Record<string, unknown>>;

interface Schema {
  /** Each table, index and trigger. */
  readonly statements: readonly string[];
  /** What migrations have written. */
  readonly rows: readonly (readonly [table: string, rows: readonly Row[]])[];
}

let schema: Promise<Schema> | undefined;

/**
 * A database in memory with all tables. The migrations run once for all tests of a file, because they take longer than
 * most tests. The caller destroys it.
 */
export async function migratedInMemory(): Promise<Knex> {
  schema ??= readSchema();
  const { statements, rows } = await schema;
  const db = connect({ client: 'sqlite3', file: ':memory:' });
  await db.raw('begin');
  for (const statement of statements) await db.raw(statement);
  for (const [table, all] of rows) await db(table).insert(all);
  await db.raw('commit');
  return db;
}

async function readSchema(): Promise<Schema> {
  const db = await openDatabase({ client: 'sqlite3', file: ':memory:' });
  const made = await db('sqlite_master')
    .whereNotNull('sql')
    .whereNot('name', 'like', 'sqlite_%')
    .orderByRaw(`case type when 'table' then 0 when 'index' then 1 else 2 end`)
    .select<{ type: string; name: string; sql: string }[]>('type', 'name', 'sql');
  const rows: [string, Row[]][] = [];
  for (const { type, name } of made) if (type === 'table') rows.push([name, await db<Row>(name)]);
  await db.destroy();
  return { statements: made.map(({ sql }) => sql), rows: rows.filter(([, all]) => all.length > 0) };
}

let template: Promise<string> | undefined;

/** A file with all tables in a new folder. The caller opens and closes it, and calls `remove`. */
export async function migratedFile(): Promise<{ readonly file: string; readonly remove: () => Promise<void> }> {
  template ??= makeTemplate();
  const folder = await mkdtemp(join(tmpdir(), 'islet-sqlite-'));
  const file = join(folder, 'islet.db');
  await copyFile(await template, file);
  return { file, remove: () => rm(folder, { recursive: true }) };
}

async function makeTemplate(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'islet-template-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'islet.db');
  await (await openDatabase({ client: 'sqlite3', file })).destroy();
  return file;
}
