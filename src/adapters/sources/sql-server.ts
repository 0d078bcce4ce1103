import type { Socket } from 'node:net';
import { connect, type ConnectionOptions } from 'node:tls';
import type { Knex } from 'knex';
import { waitForEachAddress } from '../shared/address-attempts.js';
import { databaseTls } from '../shared/database-tls.js';
import { type DatabaseUrl, readDatabaseUrl } from '../shared/database-url.js';
import { networkFailure } from '../shared/network-errors.js';
import type { RotatingSecret } from '../shared/rotating-secret.js';
import type { TlsMaterial } from '../shared/tls-options.js';

/** An external database server. */
export interface SqlServer extends TlsMaterial {
  /** `postgres://…` or `mysql://…` */
  readonly url: string;
  /** Replaces the password in the URL. */
  readonly password?: RotatingSecret | undefined;
}

const POOL = { min: 0, max: 4 };

/**
 * The Knex options, and a function that returns those of a connection with the current password.
 *
 * @param statementMs statement timeout of PostgreSQL
 * @throws DatabaseUrlError
 */
export function serverOf(server: SqlServer, connectMs: number, statementMs: number) {
  waitForEachAddress();
  const address = readDatabaseUrl(server.url);
  const tls = databaseTls(address, server);
  if (address.kind === 'mysql') {
    // The driver needs to know that TLS is used; the details are set by `encryptMysql`.
    const options = { connectTimeout: connectMs, ...(tls && { ssl: {} }) };
    const connection = (): object => ({ uri: urlWith(address, server.password), ...options });
    return { config: { client: 'mysql2', connection: connection(), pool: POOL }, connection };
  }
  const options = {
    ssl: tls ?? false,
    application_name: 'islet',
    connectionTimeoutMillis: connectMs,
    statement_timeout: statementMs,
    query_timeout: statementMs + connectMs,
  };
  const connection = (): object => ({ connectionString: urlWith(address, server.password), ...options });
  return { config: { client: 'pg', connection: connection(), pool: POOL }, connection };
}

function urlWith({ kind, url }: DatabaseUrl, password: RotatingSecret | undefined): string {
  const complete = new URL(url);
  if (password && kind === 'mysql') complete.password = encodeURIComponent(password.latest);
  else if (password) complete.searchParams.set('password', password.latest);
  return complete.href;
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
      if (!isKnown) throw new Error('this version of mysql2 is not supported: its TLS options have changed');
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
