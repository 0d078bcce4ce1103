import type { Knex } from 'knex';
import { discardCopies, findDamage } from './damaged-pages.js';
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
 * @param discardsCopies whether tables that only repeat what directories say are emptied if nothing else is damaged
 * @returns whether they were emptied
 * @throws DatabaseRequirementError
 */
export async function checkRequirements(db: Knex, makesTables: boolean, discardsCopies = false): Promise<boolean> {
  if (!isPostgres(db)) return checkPages(db, discardsCopies);
  const [found] = await rowsOf<Found>(
    db.raw(`
    select current_user as role, current_database() as database, pg_encoding_to_char(encoding) as encoding,
      current_schema() as schema, has_schema_privilege(current_schema(), 'create') as "mayCreate"
    from pg_database where datname = current_database()`),
  );
  if (!found) return false;
  const { role, database, encoding, schema, mayCreate } = found;
  if (!ANY_CHARACTER.includes(encoding)) {
    const statement = `create database ${quoted(database)} encoding 'UTF8' template template0 owner ${quoted(role)}`;
    throw new DatabaseRequirementError(
      `its encoding is ${encoding}, which cannot store all names. Create a database with UTF8: ${statement}`,
    );
  }
  if (makesTables && mayCreate !== true) {
    const place = schema ?? 'public';
    throw new DatabaseRequirementError(
      `the role ${role} may not create tables in the schema ${place}. As owner of the schema, run in this database: grant usage, create on schema ${quoted(place)} to ${quoted(role)}`,
    );
  }
  return false;
}

/** @returns whether damaged copies of directories were discarded */
async function checkPages(db: Knex, discardsCopies: boolean): Promise<boolean> {
  const damage = await findDamage(db);
  if (!damage) return false;
  if (!damage.isOnlyCopies) {
    throw new DatabaseRequirementError(
      `it is damaged (${damage.detail}): keep a copy of the file, check the disk, and restore a backup. Without a backup, ` +
        '`sqlite3 FILE .recover` extracts the readable data',
    );
  }
  if (!discardsCopies) {
    throw new DatabaseRequirementError(
      `it is damaged (${damage.detail}), but only in its copy of the directories: the next start discards the copy and reads the directories again. Check the disk`,
    );
  }
  await discardCopies(db);
  await checkPages(db, false);
  return true;
}

const quoted = (name: string): string => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`);
