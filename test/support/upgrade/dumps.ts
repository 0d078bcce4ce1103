import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Knex } from 'knex';
import { findPostgres } from '../postgres-server.js';

const run = promisify(execFile);

/** The dumps of former versions, `<version>.<database>.sql`, with what the stores returned of them, `<version>.json`. */
export const DUMPS = join(import.meta.dirname, 'dumps');

/** An SQLite database as SQL statements. */
export async function dumpSqlite(db: Knex): Promise<string> {
  const parts: readonly { type: string; name: string; sql: string }[] = await db('sqlite_master')
    .whereNotNull('sql')
    .whereNot('name', 'like', 'sqlite_%')
    .orderByRaw('rowid');
  const of = (isTable: boolean) =>
    parts.filter(({ type }) => (type === 'table') === isTable).map(({ sql }) => `${sql};`);
  const rows: string[] = [];
  for (const { name } of parts.filter(({ type }) => type === 'table')) {
    for (const row of (await db(name)) as readonly Record<string, unknown>[]) {
      const columns = Object.keys(row).map((column) => `"${column}"`);
      rows.push(
        `insert into "${name}" (${columns.join(', ')}) values (${Object.values(row).map(literal).join(', ')});`,
      );
    }
  }
  return `${[...of(true), ...rows, ...of(false)].join('\n')}\n`;
}

function literal(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'number') return String(value);
  if (Buffer.isBuffer(value)) return `x'${value.toString('hex')}'`;
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  throw new Error(`a ${typeof value} cannot be dumped`);
}

/** A PostgreSQL database as SQL statements, without the commands of psql and the comments. */
export async function dumpPostgres(url: string): Promise<string> {
  const programs = await findPostgres();
  if (programs === undefined) throw new Error('there is no pg_dump');
  const options = ['--inserts', '--column-inserts', '--no-owner', '--no-privileges', '--no-comments', url];
  const { stdout } = await run(join(programs, 'pg_dump'), options);
  const lines = stdout.split('\n').filter((line) => !/^(--|\\|$)|^SET transaction_timeout/.test(line));
  return `${lines.join('\n')}\n`;
}
