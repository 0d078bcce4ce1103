import type { Knex } from 'knex';
import { isPostgres, rowsOf } from './dialect.js';

/** The database does not meet a requirement. The message ends with the statement to run. */
export class DatabaseRequirementError extends Error {
  override readonly name = 'DatabaseRequirementError';
  readonly code = 'database_requirement';
}

/** Encodings that can store every character; SQL_ASCII stores bytes unchanged. */
const ANY_CHARACTER = ['UTF8', 'SQL_ASCII'];

interface Found {
  readonly role: string;
  readonly database: string;
  readonly encoding: string;
  readonly schema: string | null;
  readonly mayCreate: boolean | null;
}

/**
 * Rejects a database that would certainly fail later: it is damaged, cannot store every name, or does not allow
 * creating the tables that are still missing.
 *
 * @param makesTables whether tables are still missing
 * @throws DatabaseRequirementError
 */
export async function checkRequirements(db: Knex, makesTables: boolean): Promise<void> {
  if (!isPostgres(db)) return checkPages(db);
  const [found] = await rowsOf<Found>(
    db.raw(`
    select current_user as role, current_database() as database, pg_encoding_to_char(encoding) as encoding,
      current_schema() as schema, has_schema_privilege(current_schema(), 'create') as "mayCreate"
    from pg_database where datname = current_database()`),
  );
  if (!found) return;
  const { role, database, encoding, schema, mayCreate } = found;
  if (!ANY_CHARACTER.includes(encoding)) {
    const statement = `create database ${quoted(database)} encoding 'UTF8' template template0 owner ${quoted(role)}`;
    throw new DatabaseRequirementError(
      `its encoding is ${encoding}, which has no letters for many names. Make another one: ${statement}`,
    );
  }
  if (makesTables && mayCreate !== true) {
    const place = schema ?? 'public';
    throw new DatabaseRequirementError(
      `the role ${role} may not make tables in its schema ${place}. As its owner run, in that database: grant usage, create on schema ${quoted(place)} to ${quoted(role)}`,
    );
  }
}

/** Reads every page of an SQLite file and checks the integrity of its structure. */
async function checkPages(db: Knex): Promise<void> {
  const rows = await rowsOf<{ quick_check: string }>(db.raw('pragma quick_check(1)')).catch((error: unknown) => {
    if (!DAMAGED.test(String((error as { code?: unknown }).code))) throw error;
    return [{ quick_check: String((error as Error).message) }];
  });
  const found = rows[0]?.quick_check ?? 'ok';
  if (found === 'ok') return;
  const detail = found.replaceAll(/\s+/g, ' ').slice(0, 200);
  throw new DatabaseRequirementError(
    `it is damaged (${detail}): keep a copy of it as it is, look after the disk, and put back a backup. Without one, ` +
      '`sqlite3 FILE .recover` saves what can still be read',
  );
}

const DAMAGED = /^SQLITE_(?:CORRUPT|NOTADB)/;

const quoted = (name: string): string => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`);
