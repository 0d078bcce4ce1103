import type { Knex } from 'knex';
import { isPostgres, rowsOf } from './dialect.js';

/** A database that cannot be used as it is. The message ends with the statement to run. */
export class DatabaseRequirementError extends Error {
  override readonly name = 'DatabaseRequirementError';
  readonly code = 'database_requirement';
}

/** Encodings that take every character; SQL_ASCII keeps octets as they are. */
const ANY_CHARACTER = ['UTF8', 'SQL_ASCII'];

interface Found {
  readonly role: string;
  readonly database: string;
  readonly encoding: string;
  readonly schema: string | null;
  readonly mayCreate: boolean | null;
}

/**
 * Refuses a database of which it is certain that it fails later: one that cannot hold every name, or
 * one in which we may not make tables where some are still to be made.
 *
 * @param makesTables whether tables are still to be made
 * @throws DatabaseRequirementError
 */
export async function checkRequirements(db: Knex, makesTables: boolean): Promise<void> {
  if (!isPostgres(db)) return;
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

const quoted = (name: string): string => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`);
