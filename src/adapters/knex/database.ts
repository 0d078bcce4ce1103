import knex, { type Knex } from 'knex';
import pg from 'pg';
import { StoreUnavailableError } from '../../domain/shared/errors.js';
import { waitForEachAddress } from '../shared/address-attempts.js';
import { databaseTls } from '../shared/database-tls.js';
import { readDatabaseUrl } from '../shared/database-url.js';
import { useForEachLogin } from '../shared/login-options.js';
import { networkFailure } from '../shared/network-errors.js';
import type { RotatingSecret } from '../shared/rotating-secret.js';
import type { TlsMaterial } from '../shared/tls-options.js';
import { checkRequirements } from './database-requirements.js';
import { type DatabaseVersion, migrate, versionOf } from './migrations.js';
import { asUnavailable } from './lost-database.js';
import { isPooled, type Session } from './pooler.js';
import { hasFile, makePrivate, sqlite } from './sqlite-connection.js';
import { WalSync } from './wal-sync.js';

export type DatabaseOptions =
  | {
      readonly client: 'sqlite3';
      /**
       * Created if it is missing, readable by its owner only. `:memory:` for a temporary one that is lost when it is
       * closed.
       */
      readonly file: string;
    }
  | (TlsMaterial & {
      readonly client: 'pg';
      /** `postgres://islet@db/islet`, with `?sslmode=verify-full&sslrootcert=…` for TLS. */
      readonly url: string;
      /** Replaces the password in the URL. Not URL-encoded. */
      readonly password?: RotatingSecret | undefined;
      /** Maximum number of connections, including one for listening. */
      readonly connections?: number;
      /** The time limit of a statement, in milliseconds. Migrations have their own. */
      readonly statementLimitMs?: number;
    });

const STATEMENT_LIMIT_MS = 20_000;
/** Migrations of large tables take long, and instances that start at the same time wait for the first one. */
const MIGRATION_LIMIT_MS = 15 * 60_000;
const CONNECTIONS = 10;

export type OpeningStep = 'connecting' | 'checking' | 'migrating';

export interface OpeningListener {
  /** Called at the beginning of each step. */
  begin?(step: OpeningStep): void;
  /** Called if the copies of directories were damaged and are empty now. */
  discarded?(): void;
}

/**
 * Opens the database and applies pending migrations. The caller must call `destroy()`.
 *
 * @throws an error with the database and the reason: it cannot be reached, is in use by another process (SQLite), or
 * was used by a newer version
 */
export async function openDatabase(options: DatabaseOptions, listener: OpeningListener = {}): Promise<Knex> {
  let db: Knex | undefined;
  try {
    if (options.client === 'sqlite3') await makePrivate(options.file);
    db = connect(options);
    const version = await versionOf(db);
    const isBehind = version === undefined || version.pending > 0;
    listener.begin?.('checking');
    if (await checkRequirements(db, isBehind, true)) listener.discarded?.();
    listener.begin?.('migrating');
    if (isBehind) await bringUpToDate(options, db);
    return db;
  } catch (cause) {
    await db?.destroy();
    throw unopened(options, cause);
  }
}

/** On PostgreSQL over a connection of its own, whose statements may take longer. */
async function bringUpToDate(options: DatabaseOptions, db: Knex): Promise<void> {
  if (options.client === 'sqlite3') return migrate(db);
  const patient = connect({ ...options, connections: 2, statementLimitMs: MIGRATION_LIMIT_MS });
  try {
    await migrate(patient);
  } finally {
    await patient.destroy();
  }
}

/**
 * The schema version of a database, which is not changed; `undefined` if it has no tables yet.
 *
 * @throws the errors of `openDatabase`
 */
export async function databaseVersion(options: DatabaseOptions): Promise<DatabaseVersion | undefined> {
  let db: Knex | undefined;
  try {
    if (options.client === 'sqlite3' && !hasFile(options.file)) return undefined;
    db = connect(options);
    const version = await versionOf(db);
    await checkRequirements(db, version === undefined || version.pending > 0);
    return version;
  } catch (cause) {
    throw unopened(options, cause);
  } finally {
    await db?.destroy();
  }
}

/** Opens the database without migrations. */
export function connect(options: DatabaseOptions): Knex {
  const sync = options.client === 'sqlite3' && options.file !== ':memory:' ? new WalSync(options.file) : undefined;
  const db = knex({
    ...(options.client === 'pg' ? postgres(options) : sqlite(options.file, sync)),
    compileSqlOnError: false, // log messages contain `?` instead of addresses
    acquireConnectionTimeout: 15_000,
    log: silent,
  });
  sync?.install(db);
  if (options.client === 'pg') useForEachLogin(db, connectionOf(options));
  // PostgreSQL repeats values in error details: `Key (address)=(…) already exists`.
  db.on('query-error', (error: object) => {
    for (const field of ['detail', 'where', 'internalQuery']) Reflect.deleteProperty(error, field);
  });
  return db;
}

/** The error for a database that could not be opened, with its location and the reason. */
export const unopened = (options: DatabaseOptions, cause: unknown): Error =>
  new Error(`could not open the database ${placeOf(options)}: ${reasonOf(cause)}`, { cause });

type PoolDone = (error: Error | null, connection: unknown) => void;

type PostgresOptions = Extract<DatabaseOptions, { client: 'pg' }>;

const postgres = (options: PostgresOptions): Knex.Config => ({
  client: 'pg',
  connection: connectionOf(options)(),
  pool: {
    min: 0,
    // One connection is reserved for listening to other instances.
    max: (options.connections ?? CONNECTIONS) - 1,
    afterCreate: (connection: PgConnection, done: PoolDone) => {
      limitTransactions(connection, limitOf(options));
      endWithoutAnswer(connection);
      limitSession(connection, limitOf(options)).then(
        () => done(null, connection),
        (error: Error) => done(error, connection),
      );
    },
  },
});

const limitOf = ({ statementLimitMs = STATEMENT_LIMIT_MS }: PostgresOptions): number => statementLimitMs;

const limits = (scope: 'session' | 'local', limitMs: number) =>
  `set ${scope} statement_timeout = ${limitMs}; set ${scope} idle_in_transaction_session_timeout = ${STATEMENT_LIMIT_MS}`;

/** The statement by which Knex begins a transaction. */
const BEGIN = 'BEGIN;';

/**
 * Poolers do not pass on connection parameters, and may use another connection for each transaction. So each
 * transaction sets its own limits.
 */
function limitTransactions(pgConnection: PgConnection, limitMs: number): void {
  const query = pgConnection.query.bind(pgConnection);
  pgConnection.query = (asked, done) => {
    const isBegin = (asked as { readonly text?: unknown }).text === BEGIN;
    return query(isBegin ? { ...(asked as object), text: `${BEGIN} ${limits('local', limitMs)}` } : asked, done);
  };
}

/**
 * Limits statements outside of transactions, unless the connection is shared through a pooler: its settings must then
 * not be changed.
 */
async function limitSession(pgConnection: PgConnection, limitMs: number): Promise<void> {
  if (!(await isPooled(pgConnection))) await pgConnection.query(limits('session', limitMs));
}

type Answered = (error: Error | null, answer: unknown) => void;

interface PgConnection extends Session {
  query(query: unknown, done?: unknown): unknown;
  readonly connection: { readonly stream: { destroy(): void } };
  __knex__disposed?: Error;
}

/** The driver keeps a connection on which a query timed out, and the next query would wait for the previous one. */
function endWithoutAnswer(pgConnection: PgConnection): void {
  const query = pgConnection.query.bind(pgConnection);
  pgConnection.query = (asked, done) => {
    if (typeof done !== 'function') return query(asked, done);
    return query(asked, (error: Error | null, answer: unknown) => {
      if (error?.message === 'Query read timeout') {
        // Knex checks this before it hands out a connection; the end of the stream comes too late.
        pgConnection.__knex__disposed = error;
        pgConnection.connection.stream.destroy();
      }
      (done as Answered)(error && asUnavailable(error), answer);
    });
  };
}

/** Counts and timestamps as numbers; pg returns int8 as text, because not all values fit. */
const numericTypes = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/** A function that returns the options of a connection, with the current password. */
function connectionOf(given: PostgresOptions): () => Knex.PgConnectionConfig {
  const { url: written, password, ...certificates } = given;
  waitForEachAddress();
  const address = readDatabaseUrl(written);
  const options = {
    ssl: databaseTls(address, certificates) ?? false,
    application_name: 'islet',
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    query_timeout: limitOf(given) + 5_000, // for a server that does not even report the statement timeout
    types: numericTypes,
  };
  return () => {
    if (password) address.url.searchParams.set('password', password.latest);
    return { connectionString: address.url.href, ...options } as Knex.PgConnectionConfig;
  };
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
    SQLITE_FULL: 'its disk is full: a start needs free disk space',
  };
  return words[String(code)] ?? networkFailure(cause)?.reason ?? String(message || code);
}

/** Knex prints lost connections, but the next query reports the error anyway. */
const silent = { warn() {}, error() {}, deprecate() {}, debug() {} };
