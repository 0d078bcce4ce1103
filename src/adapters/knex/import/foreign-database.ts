import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import knex, { type Knex } from 'knex';
import { RotatingSecret } from '../../shared/rotating-secret.js';
import { connect } from '../database.js';
import { ImportError } from './imported-data.js';

/** The kind of database to read. */
export interface ForeignKind {
  readonly program: string;
  /** A table that must exist. */
  readonly table: string;
  /** Replaces the password in a PostgreSQL URL. */
  readonly password?: string | undefined;
}

export const isPostgresUrl = (place: string): boolean => /^postgres(ql)?:\/\//.test(place);

/**
 * Reads a database of another program in a single snapshot, and never writes to it.
 *
 * @param place the path of a SQLite file, or a PostgreSQL URL
 * @throws ImportError if there is no such database, or it does not belong to that program
 */
export async function readForeign<T>(place: string, kind: ForeignKind, read: (db: Knex) => Promise<T>): Promise<T> {
  const isPostgres = isPostgresUrl(place);
  if (!isPostgres && !existsSync(place)) throw new ImportError(`${place} does not exist`);
  const name = isPostgres ? 'the PostgreSQL database' : place;
  const password = kind.password === undefined ? undefined : new RotatingSecret(kind.password);
  const db = isPostgres ? connect({ client: 'pg', url: place, password }) : openFile(place);
  try {
    return await db.transaction(
      async (trx) => {
        const isThere = await trx.schema.hasTable(kind.table).catch((cause: Error) => {
          throw unreadable(name, cause);
        });
        if (!isThere) throw new ImportError(`${name} is no database of ${kind.program}: it has no table ${kind.table}`);
        return read(trx);
      },
      isPostgres ? { isolationLevel: 'repeatable read', readOnly: true } : {},
    );
  } catch (error) {
    if (error instanceof ImportError) throw error;
    throw unreadable(name, error as Error);
  } finally {
    await db.destroy();
  }
}

const openFile = (file: string): Knex =>
  knex({
    client: 'sqlite3',
    // Knex adds flags for writing; the URI overrides them.
    connection: {
      filename: `${pathToFileURL(file).href}?mode=ro`,
      flags: ['OPEN_URI'],
    } as Knex.Sqlite3ConnectionConfig,
    useNullAsDefault: true,
    pool: { min: 1, max: 1 },
  });

const unreadable = (name: string, cause: Error): ImportError =>
  new ImportError(`${name} cannot be read: ${cause.message.replace(/^.* - /s, '')}`, { cause });

/** Whether a table exists and has all of these columns; older versions of a program may lack them. */
export async function hasColumns(db: Knex, table: string, ...columns: readonly string[]): Promise<boolean> {
  if (!(await db.schema.hasTable(table))) return false;
  const info = await db(table).columnInfo();
  return columns.every((column) => column in info);
}

/** Stored text; versions for Python 2 stored some text as bytes. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : '';
}

/** Whether a flag is set, in any of the forms in which databases store flags. */
export const isSet = (value: unknown): boolean => value === true || /^(1|t|true)$/i.test(textOf(value));

/** A timestamp in ms that was stored in seconds or in ms; `undefined` if there is none. */
export function instantOf(value: unknown): number | undefined {
  const number = typeof value === 'number' ? value : Number(textOf(value) || Number.NaN);
  if (!Number.isFinite(number) || number <= 0 || number > LAST_DATE_MS) return undefined;
  return Math.round(number < SECONDS_UNTIL_5138 ? number * 1000 : number);
}

const SECONDS_UNTIL_5138 = 1e11;
/** The last date that JavaScript can represent. */
const LAST_DATE_MS = 8.64e15;
