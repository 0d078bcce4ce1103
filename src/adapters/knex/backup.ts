import { open } from 'node:fs/promises';
import type { Knex } from 'knex';
import { connect, type DatabaseOptions, unopened } from './database.js';

/** Pages copied in one step, so that the only connection is not blocked for long: 1 MB with the default page size. */
const PAGES_PER_STEP = 256;

/**
 * Copies an open SQLite database into a file while it is in use. The copy is a snapshot of the time at which the last
 * page was copied.
 *
 * @param file must not exist yet; readable by its owner only
 */
export async function copyDatabase(db: Knex, file: string): Promise<void> {
  await (await open(file, 'wx', 0o600)).close();
  let copy: Copy | undefined;
  try {
    while (!copy?.completed) {
      const connection = (await db.client.acquireConnection()) as Connection;
      try {
        copy ??= await begin(connection, file);
        await step(copy);
      } finally {
        await db.client.releaseConnection(connection);
      }
    }
  } finally {
    if (copy) await end(copy);
  }
}

/**
 * The same for a database that no process has open.
 *
 * @throws the errors of `openDatabase`
 */
export async function copyClosedDatabase(options: DatabaseOptions, file: string): Promise<void> {
  const db = connect(options);
  try {
    await db.raw('select count(*) from sqlite_master').catch((cause: unknown) => {
      throw unopened(options, cause);
    });
    await copyDatabase(db, file);
  } finally {
    await db.destroy();
  }
}

type Done = (error: Error | null) => void;

/** The object returned by the driver; missing in its type definitions. */
interface Copy {
  readonly completed: boolean;
  step(pages: number, done: Done): void;
  finish(done: Done): void;
}

interface Connection {
  backup(file: string, done: Done): Copy;
}

const begin = (connection: Connection, file: string): Promise<Copy> =>
  new Promise((resolve, reject) => {
    const copy: Copy = connection.backup(file, (error) => (error ? reject(error) : resolve(copy)));
  });

const step = (copy: Copy): Promise<void> =>
  new Promise((resolve, reject) => copy.step(PAGES_PER_STEP, (error) => (error ? reject(error) : resolve())));

const end = (copy: Copy): Promise<void> => new Promise((resolve) => copy.finish(() => resolve()));

/** Whether no process has a SQLite file open, regardless of its content. */
export async function isFree(options: DatabaseOptions): Promise<boolean> {
  const db = connect(options);
  try {
    await db.raw('begin exclusive');
    await db.raw('rollback');
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code !== 'SQLITE_BUSY';
  } finally {
    await db.destroy();
  }
}
