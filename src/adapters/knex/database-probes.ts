import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Knex } from 'knex';
import pg from 'pg';
import type { DatabaseCircuit } from './database-circuit.js';

/** What is no page of SQLite any more. */
const FULL_BYTES = 256 * 1024;

/** A trial whether the database answers and can be written. */
export interface DatabaseProbe {
  /** Throws what is wrong. With `isAway`, by a connection of its own. */
  try(isAway: boolean): Promise<void>;
  /** Whether everything has to wait while it does not answer: a file has one user, who may be busy. */
  readonly isRemote: boolean;
}

/** The file that was opened is not the one that has its name. */
export class DatabaseFileGoneError extends Error {
  override readonly name = 'DatabaseFileGoneError';
}

const STATEMENT = 'update write_probe set written_at = ';

/** For PostgreSQL: one row is written. */
export const postgresProbe = (db: Knex, circuit: DatabaseCircuit): DatabaseProbe => ({
  isRemote: true,
  try: async (isAway) => {
    const statement = `${STATEMENT}${Date.now()}`;
    if (!isAway) {
      return circuit.withConnection(async (connection) => {
        await (connection as pg.Client).query(statement);
      });
    }
    const client = new pg.Client({
      ...db.client.config.connection,
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

/** For SQLite: the file is where it was, there is room beside it, and a row is written. */
export async function sqliteProbe(circuit: DatabaseCircuit, file: string): Promise<DatabaseProbe> {
  const opened = file === ':memory:' ? undefined : await stat(file);
  return {
    isRemote: false,
    try: async () => {
      if (opened) {
        const now = await stat(file).catch(() => undefined);
        if (now?.ino !== opened.ino || now.dev !== opened.dev) {
          throw new DatabaseFileGoneError(
            `its file ${file} was ${now ? 'replaced' : 'deleted'} under the running server: put it back, or a backup of it, and restart`,
          );
        }
        const { bavail, bsize } = await statfs(dirname(file));
        if (bavail * bsize < FULL_BYTES) throw Object.assign(new Error('its disk is full'), { code: 'SQLITE_FULL' });
      }
      await circuit.withConnection(
        (connection) =>
          new Promise<void>((resolve, reject) =>
            (connection as { run(sql: string, done: (error: Error | null) => void): void }).run(
              `${STATEMENT}${Date.now()}`,
              (error) => (error ? reject(error) : resolve()),
            ),
          ),
      );
    },
  };
}
