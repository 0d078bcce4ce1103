import { existsSync } from 'node:fs';
import knex, { type Knex } from 'knex';
import pg from 'pg';
import { StoreUnavailableError } from '../../domain/shared/errors.js';
import { waitForEachAddress } from '../shared/address-attempts.js';
import { databaseTls } from '../shared/database-tls.js';
import { readDatabaseUrl } from '../shared/database-url.js';
import { networkFailure } from '../shared/network-errors.js';
import type { TlsMaterial } from '../shared/tls-options.js';
import { checkRequirements } from './database-requirements.js';
import { type DatabaseVersion, migrate, versionOf } from './migrations.js';
import { asUnavailable } from './lost-database.js';
import { isPooled, type Session } from './pooler.js';
import { makePrivate, sqlite } from './sqlite-connection.js';
import { WalSync } from './wal-sync.js';

export type DatabaseOptions =
  | {
      readonly client: 'sqlite3';
      /** Made if it is missing, readable by its owner only. `:memory:` for one that is gone when closed. */
      readonly file: string;
    }
  | (TlsMaterial & {
      readonly client: 'pg';
      /** `postgres://islet@db/islet`, with `?sslmode=verify-full&sslrootcert=…` for TLS. */
      readonly url: string;
      /** Instead of one in the URL, as it is: nothing in it needs escaping. */
      readonly password?: string | undefined;
      /** Most connections, one for listening included. */
      readonly connections?: number;
    });

const STATEMENT_LIMIT_MS = 20_000;
const CONNECTIONS = 10;

/**
 * Opens the database and brings its tables up to date. Whoever opened it calls `destroy()`.
 *
 * @throws an error that says which database and why: it cannot be reached, is in use by another
 *   process (SQLite), or was used by a newer version
 */
export async function openDatabase(options: DatabaseOptions): Promise<Knex> {
  let db: Knex | undefined;
  try {
    if (options.client === 'sqlite3') await makePrivate(options.file);
    db = connect(options);
    const version = await versionOf(db);
    await checkRequirements(db, version === undefined || version.pending > 0);
    await migrate(db);
    return db;
  } catch (cause) {
    await db?.destroy();
    throw unopened(options, cause);
  }
}

/**
 * How far the tables of a database are, which is left as it is; `undefined` if it has none yet.
 *
 * @throws an error as `openDatabase` does
 */
export async function databaseVersion(options: DatabaseOptions): Promise<DatabaseVersion | undefined> {
  if (options.client === 'sqlite3' && !existsSync(options.file)) return undefined;
  const db = connect(options);
  try {
    const version = await versionOf(db);
    await checkRequirements(db, version === undefined || version.pending > 0);
    return version;
  } catch (cause) {
    throw unopened(options, cause);
  } finally {
    await db.destroy();
  }
}

/** Opens the database as it is. */
export function connect(options: DatabaseOptions): Knex {
  const sync = options.client === 'sqlite3' && options.file !== ':memory:' ? new WalSync(options.file) : undefined;
  const db = knex({
    ...(options.client === 'sqlite3' ? sqlite(options.file, sync) : postgres(options)),
    compileSqlOnError: false, // messages carry `?` instead of addresses
    acquireConnectionTimeout: 15_000,
    log: silent,
  });
  sync?.install(db);
  // PostgreSQL repeats values in its details: `Key (address)=(…) already exists`.
  db.on('query-error', (error: object) => {
    for (const field of ['detail', 'where', 'internalQuery']) Reflect.deleteProperty(error, field);
  });
  return db;
}

/** The error that says which database could not be opened, and why. */
export const unopened = (options: DatabaseOptions, cause: unknown): Error =>
  new Error(`could not open the database ${placeOf(options)}: ${reasonOf(cause)}`, { cause });

type PoolDone = (error: Error | null, connection: unknown) => void;

type PostgresOptions = Extract<DatabaseOptions, { client: 'pg' }>;

const postgres = (options: PostgresOptions): Knex.Config => ({
  client: 'pg',
  connection: {
    ...addressOf(options),
    application_name: 'islet',
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    query_timeout: STATEMENT_LIMIT_MS + 5_000, // a server that does not even say that it took too long
    types: numericTypes,
  } as Knex.PgConnectionConfig,
  pool: {
    min: 0,
    // One more is kept for listening to other instances.
    max: (options.connections ?? CONNECTIONS) - 1,
    afterCreate: (connection: PgConnection, done: PoolDone) => {
      limitTransactions(connection);
      endWithoutAnswer(connection);
      limitSession(connection).then(
        () => done(null, connection),
        (error: Error) => done(error, connection),
      );
    },
  },
});

const limits = (scope: 'session' | 'local') =>
  ['statement_timeout', 'idle_in_transaction_session_timeout']
    .map((name) => `set ${scope} ${name} = ${STATEMENT_LIMIT_MS}`)
    .join('; ');

/** Knex begins a transaction with this. */
const BEGIN = 'BEGIN;';

/** Poolers hand on no parameters of ours, and may give every transaction another connection: each brings its limits along. */
function limitTransactions(pgConnection: PgConnection): void {
  const query = pgConnection.query.bind(pgConnection);
  pgConnection.query = (asked, done) => {
    const isBegin = (asked as { readonly text?: unknown }).text === BEGIN;
    return query(isBegin ? { ...(asked as object), text: `${BEGIN} ${limits('local')}` } : asked, done);
  };
}

/** Limits statements outside transactions, unless the connection is shared: then it is not ours to set up. */
async function limitSession(pgConnection: PgConnection): Promise<void> {
  if (!(await isPooled(pgConnection))) await pgConnection.query(limits('session'));
}

type Answered = (error: Error | null, answer: unknown) => void;

interface PgConnection extends Session {
  query(query: unknown, done?: unknown): unknown;
  readonly connection: { readonly stream: { destroy(): void } };
  __knex__disposed?: Error;
}

/** The driver keeps a connection on which a query was never answered, and the next would wait behind it. */
function endWithoutAnswer(pgConnection: PgConnection): void {
  const query = pgConnection.query.bind(pgConnection);
  pgConnection.query = (asked, done) => {
    if (typeof done !== 'function') return query(asked, done);
    return query(asked, (error: Error | null, answer: unknown) => {
      if (error?.message === 'Query read timeout') {
        // Knex looks at this before it gives a connection out, and the stream's end comes too late.
        pgConnection.__knex__disposed = error;
        pgConnection.connection.stream.destroy();
      }
      (done as Answered)(error && asUnavailable(error), answer);
    });
  };
}

/** Counts and instants as numbers; pg gives int8 as text because not all of them fit. */
const numericTypes = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

function addressOf({ url: written, password, ...certificates }: PostgresOptions) {
  waitForEachAddress();
  const address = readDatabaseUrl(written);
  if (password !== undefined) address.url.searchParams.set('password', password);
  return { connectionString: address.url.href, ssl: databaseTls(address, certificates) ?? false };
}

function placeOf(options: DatabaseOptions): string {
  if (options.client === 'sqlite3') return options.file;
  try {
    const { url, host } = readDatabaseUrl(options.url);
    return `${url.pathname.slice(1)} at ${url.host || host}`;
  } catch {
    return 'at the given URL';
  }
}

function reasonOf(thrown: unknown): string {
  const cause = thrown instanceof StoreUnavailableError ? (thrown.cause ?? thrown) : thrown;
  const { code, message } = cause as { code?: unknown; message?: unknown };
  const words: Readonly<Record<string, string>> = {
    SQLITE_BUSY: 'another process has it open',
    SQLITE_FULL: 'its disk is full, and there has to be room for what a start writes',
  };
  return words[String(code)] ?? networkFailure(cause)?.reason ?? String(message || code);
}

/** Knex prints lost connections; whoever asks next is told anyway. */
const silent = { warn() {}, error() {}, deprecate() {}, debug() {} };
