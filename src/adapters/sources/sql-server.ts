import type { Socket } from 'node:net';
import { connect, type ConnectionOptions } from 'node:tls';
import type { Knex } from 'knex';
import { waitForEachAddress } from '../shared/address-attempts.js';
import { databaseTls } from '../shared/database-tls.js';
import { readDatabaseUrl } from '../shared/database-url.js';
import { networkFailure } from '../shared/network-errors.js';
import type { TlsMaterial } from '../shared/tls-options.js';

/** An external database server. */
export interface SqlServer extends TlsMaterial {
  /** `postgres://…` or `mysql://…` */
  readonly url: string;
  /** Replaces the password in the URL. */
  readonly password?: string | undefined;
}

const POOL = { min: 0, max: 4 };

/**
 * The Knex connection options.
 *
 * @param statementMs statement timeout of PostgreSQL
 * @throws DatabaseUrlError
 */
export function serverOf(server: SqlServer, connectMs: number, statementMs: number): Knex.Config {
  waitForEachAddress();
  const address = readDatabaseUrl(server.url);
  const { url } = address;
  const tls = databaseTls(address, server);
  if (address.kind === 'mysql') {
    if (server.password !== undefined) url.password = encodeURIComponent(server.password);
    // The driver needs to know that TLS is used; the details are set by `encryptMysql`.
    const connection = { uri: url.href, connectTimeout: connectMs, ...(tls && { ssl: {} }) };
    return { client: 'mysql2', connection: connection as object, pool: POOL };
  }
  if (server.password !== undefined) url.searchParams.set('password', server.password);
  return {
    client: 'pg',
    connection: {
      connectionString: url.href,
      ssl: tls ?? false,
      application_name: 'islet',
      connectionTimeoutMillis: connectMs,
      statement_timeout: statementMs,
      query_timeout: statementMs + connectMs,
    } as Knex.PgConnectionConfig,
    pool: POOL,
  };
}

/** The parts of the driver and its connections that are used here; only `createConnection` is documented. */
interface MysqlDriver {
  createConnection(settings: unknown): MysqlConnection;
}
interface MysqlConnection {
  stream: Socket;
  startTLS(done: (error?: Error) => void): void;
  _handleNetworkError(error: Error): void;
  readonly packetParser: { execute(data: Buffer): void };
}

/**
 * Makes the driver use the same TLS checks as all other connections. By itself it does not check the host name of a
 * certificate, and does not accept an intermediate certificate as trust anchor.
 *
 * @throws Error if the driver is an unsupported version
 */
export function encryptMysql(db: Knex, server: SqlServer): void {
  const tls = databaseTls(readDatabaseUrl(server.url), server);
  if (!tls) return;
  const client = db.client as { driver: MysqlDriver };
  const { driver } = client;
  client.driver = {
    ...driver,
    createConnection(settings) {
      const connection = driver.createConnection(settings);
      const isKnown =
        typeof connection.startTLS === 'function' &&
        typeof connection._handleNetworkError === 'function' &&
        typeof connection.packetParser?.execute === 'function';
      if (!isKnown) throw new Error('this version of mysql2 cannot be told how to encrypt');
      connection.startTLS = (done) => encrypt(connection, tls, done);
      return connection;
    },
  };
}

function encrypt(connection: MysqlConnection, tls: ConnectionOptions, done: (error?: Error) => void): void {
  let isSecure = false;
  connection.stream.removeAllListeners('data');
  const secure = connect({ ...tls, socket: connection.stream }, () => {
    isSecure = true;
    done();
  });
  secure.on('error', (error) => {
    if (isSecure) connection._handleNetworkError(error);
    // The driver replaces the original error code by its own.
    else done(new Error(networkFailure(error)?.reason ?? error.message));
  });
  secure.on('data', (data: Buffer) => connection.packetParser.execute(data));
  connection.stream = secure;
}
