import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Knex } from 'knex';
import { asUnavailable } from './lost-database.js';
import { keepPrepared, type SqliteConnection } from './prepared-statements.js';
import type { WalSync } from './wal-sync.js';

type Done = (error: Error | null, ...rest: unknown[]) => void;

interface Connection extends SqliteConnection {
  exec(sql: string, done: (error: Error | null) => void): void;
}

const PRAGMAS = `
  pragma busy_timeout = 2000;
  pragma locking_mode = exclusive; -- one process owns the file
  pragma journal_mode = wal;
  pragma journal_size_limit = 67108864;
  pragma synchronous = normal; -- WalSync waits for the disk
`;

/**
 * Knex would advise to install another version of the driver.
 *
 * @throws an error with the reason and what to do if the driver's native part cannot be loaded
 */
function loadDriver(): void {
  try {
    createRequire(import.meta.url)('sqlite3');
  } catch (cause) {
    // The stack of required modules follows on further lines.
    const [reason = ''] = (cause as Error).message.split('\n', 1);
    const fix = 'run `npm rebuild sqlite3` in the folder of Islet, or install Islet again with npm scripts allowed';
    throw new Error(`the native part of the npm package sqlite3 cannot be loaded (${reason}): ${fix}`, { cause });
  }
}

/**
 * @returns whether the file exists
 * @throws the errors of `loadDriver`: without it, the file could not be created either
 */
export function hasFile(file: string): boolean {
  loadDriver();
  return existsSync(file);
}

/** @param sync tracks writes; absent: nothing waits for the disk, as for a database in memory */
export function sqlite(file: string, sync: WalSync | undefined): Knex.Config {
  loadDriver();
  return configOf(file, sync);
}

const configOf = (file: string, sync: WalSync | undefined): Knex.Config => ({
  client: 'sqlite3',
  connection: { filename: file },
  useNullAsDefault: true,
  pool: {
    // A single connection: a second one would get SQLITE_BUSY, or in memory an empty database.
    min: 1,
    max: 1,
    afterCreate: (connection: Connection, done: (error: Error | null, connection: unknown) => void) => {
      keepPrepared(connection);
      reportAsUnavailable(connection);
      sync?.watch(connection);
      connection.exec(PRAGMAS, (error) => done(error, connection));
    },
  },
});

/** For callers, a full or failing disk is the same as an unreachable server. */
function reportAsUnavailable(connection: Connection): void {
  for (const name of ['run', 'all'] as const) {
    const original = connection[name].bind(connection);
    connection[name] = (sql: string, ...rest: unknown[]) => {
      const done = rest.at(-1);
      if (typeof done !== 'function') return original(sql, ...rest);
      return original(sql, ...rest.slice(0, -1), function (this: unknown, error: Error | null, ...answer: unknown[]) {
        (done as Done).call(this, error && asUnavailable(error), ...answer);
      });
    };
  }
}

/** Creates the file if it is missing, readable by its owner only. */
export async function makePrivate(file: string): Promise<void> {
  if (file !== ':memory:') await (await open(file, 'a', 0o600)).close();
}
