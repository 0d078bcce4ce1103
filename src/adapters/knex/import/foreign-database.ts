import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import knex, { type Knex } from 'knex';
import { ImportError } from './imported-data.js';

/**
 * Reads a SQLite file of another program in a single snapshot, and never writes to it.
 *
 * @param table a table that must exist
 * @throws ImportError if there is no such file, or it does not belong to that program
 */
export async function readForeign<T>(
  file: string,
  { program, table }: { readonly program: string; readonly table: string },
  read: (db: Knex) => Promise<T>,
): Promise<T> {
  if (!existsSync(file)) throw new ImportError(`${file} does not exist`);
  const db = knex({
    client: 'sqlite3',
    // Knex adds flags for writing; the URI overrides them.
    connection: {
      filename: `${pathToFileURL(file).href}?mode=ro`,
      flags: ['OPEN_URI'],
    } as Knex.Sqlite3ConnectionConfig,
    useNullAsDefault: true,
    pool: { min: 1, max: 1 },
  });
  try {
    return await db.transaction(async (trx) => {
      const isThere = await trx.schema.hasTable(table).catch((cause: Error) => {
        throw new ImportError(`${file} cannot be read: ${cause.message.replace(/^.* - /s, '')}`, { cause });
      });
      if (!isThere) throw new ImportError(`${file} is no database of ${program}: it has no table ${table}`);
      return read(trx);
    });
  } finally {
    await db.destroy();
  }
}

/** Stored text; versions for Python 2 stored some text as bytes. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : '';
}

/** A timestamp in ms that was stored in seconds or in ms; `undefined` if there is none. */
export function instantOf(value: unknown): number | undefined {
  const number = typeof value === 'number' ? value : Number(textOf(value) || Number.NaN);
  if (!Number.isFinite(number) || number <= 0) return undefined;
  return Math.round(number < SECONDS_UNTIL_5138 ? number * 1000 : number);
}

const SECONDS_UNTIL_5138 = 1e11;
