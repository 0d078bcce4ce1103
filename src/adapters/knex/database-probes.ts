import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Knex } from 'knex';
import pg from 'pg';
import { loginOptions } from '../shared/login-options.js';
import type { DatabaseCircuit } from './database-circuit.js';
import type { SqliteConnection } from './prepared-statements.js';

/** With less free disk space than this, SQLite is considered unable to write. */
const FULL_BYTES = 256 * 1024;

/** A check that the database responds and is writable. */
export interface DatabaseProbe {
  /** Throws the error. With `isAway`, uses a separate connection. */
  try(isAway: boolean): Promise<void>;
  /** Whether an unresponsive database counts as an outage. A file has one user, which may only be busy. */
  readonly isRemote: boolean;
}

/** The opened file was deleted or replaced. */
export class DatabaseFileGoneError extends Error {
  override readonly name = 'DatabaseFileGoneError';
}

const STATEMENT = 'update write_probe set written_at = ';

/** For PostgreSQL: writes one row. */
export const postgresProbe = (db: Knex, circuit: DatabaseCircuit): DatabaseProbe => ({
  isRemote: true,
  try: async (isAway) => {
    const statement = { text: `${STATEMENT}$1`, values: [Date.now()] };
    if (!isAway) {
      return circuit.withConnection(async (connection) => {
        await (connection as pg.Client).query(statement);
      });
    }
    const client = new pg.Client({
      ...loginOptions<pg.ClientConfig>(db),
      connectionTimeoutMillis: 2_000,
      query_timeout: 2_000,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query(statement);
    } finally {
      client.end().catch(() => undefined);
    }
  },
});

/** For SQLite: checks that the file has not been replaced and that there is free disk space, and writes a row. */
export async function sqliteProbe(circuit: DatabaseCircuit, file: string): Promise<DatabaseProbe> {
  const opened = file === ':memory:' ? undefined : await stat(file);
  return {
    isRemote: false,
    try: async () => {
      if (opened) {
        const now = await stat(file).catch(() => undefined);
        if (now?.ino !== opened.ino || now.dev !== opened.dev) {
          throw new DatabaseFileGoneError(
            `its file ${file} was ${now ? 'replaced' : 'deleted'} while the server was running: restore the file or a backup, and restart`,
          );
        }
        const { bavail, bsize } = await statfs(dirname(file));
        if (bavail * bsize < FULL_BYTES) throw Object.assign(new Error('its disk is full'), { code: 'SQLITE_FULL' });
      }
      await circuit.withConnection(
        (connection) =>
          new Promise<void>((resolve, reject) =>
            (connection as SqliteConnection).run(`${STATEMENT}?`, [Date.now()], (error: Error | null) =>
              error ? reject(error) : resolve(),
            ),
          ),
      );
    },
  };
}
