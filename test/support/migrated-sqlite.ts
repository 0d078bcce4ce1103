import { rmSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import type { Database } from 'sqlite3';
import { connect, openDatabase } from '../../src/adapters/knex/database.js';

type Row = Readonly<Record<string, unknown>>;

let script: Promise<string> | undefined;

/**
 * A database in memory with all tables. The migrations run once for all tests of a worker, because they take longer
 * than most tests. The caller destroys it.
 */
export async function migratedInMemory(): Promise<Knex> {
  script ??= readSchema();
  const text = await script;
  const db = connect({ client: 'sqlite3', file: ':memory:' });
  await execute(db, text);
  return db;
}

/** Statements that make all tables, indexes and triggers, and insert what migrations have written. */
async function readSchema(): Promise<string> {
  const db = await openDatabase({ client: 'sqlite3', file: ':memory:' });
  const made = await db('sqlite_master')
    .whereNotNull('sql')
    .whereNot('name', 'like', 'sqlite_%')
    .orderByRaw(`case type when 'table' then 0 when 'index' then 1 else 2 end`)
    .select<{ type: string; name: string; sql: string }[]>('type', 'name', 'sql');
  const inserts: string[] = [];
  for (const { type, name } of made) {
    const rows = type === 'table' ? await db<Row>(name) : [];
    if (rows.length > 0) inserts.push(db(name).insert(rows).toQuery());
  }
  await db.destroy();
  return ['begin', ...made.map(({ sql }) => sql), ...inserts, 'commit;'].join(';\n');
}

/** Runs many statements in one step. */
async function execute(db: Knex, statements: string): Promise<void> {
  const { client } = db as unknown as { readonly client: Knex.Client };
  const connection = (await client.acquireConnection()) as Database;
  try {
    await new Promise<void>((resolve, reject) =>
      connection.exec(statements, (error) => (error ? reject(error) : resolve())),
    );
  } finally {
    await client.releaseConnection(connection);
  }
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
