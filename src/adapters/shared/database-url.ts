import { libraryEnvironment } from './library-environment.js';
import { outOfUrl } from './hosts.js';

/**
 * The TLS mode of a database URL. `encrypted` does not verify the server: it protects against eavesdropping, but not
 * against an impostor.
 */
export type DatabaseEncryption = 'none' | 'encrypted' | 'verified';

export interface DatabaseUrl {
  readonly kind: 'postgres' | 'mysql';
  /** For the PostgreSQL driver, without TLS parameters. */
  readonly url: URL;
  readonly hasPassword: boolean;
  /** A name or an address, or the directory of a socket. */
  readonly host: string;
  readonly encryption: DatabaseEncryption;
  /** Paths of PEM files. `ca` is `system` if the CA certificates of the system are requested by name. */
  readonly files: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

/** The URL requests something unsupported. The message completes the sentence "this option …". */
export class DatabaseUrlError extends Error {
  override readonly name = 'DatabaseUrlError';
  readonly code = 'database_url';
}

/** The names used by libpq, and those used by MySQL programs. Modes that may fall back to clear text are rejected. */
const MODES: Readonly<Record<string, DatabaseEncryption | undefined>> = {
  disable: 'none',
  disabled: 'none',
  'no-verify': 'encrypted',
  require: 'verified',
  required: 'verified',
  'verify-ca': 'verified',
  verify_ca: 'verified',
  'verify-full': 'verified',
  verify_identity: 'verified',
};

const NAMES = {
  mode: ['sslmode', 'ssl-mode'],
  ca: ['sslrootcert', 'ssl-ca'],
  cert: ['sslcert', 'ssl-cert'],
  key: ['sslkey', 'ssl-key'],
};

/** Other parameters allowed in a MySQL URL. The driver would silently ignore unknown ones. */
const OF_MYSQL = ['charset', 'timezone', 'socketPath'];

/**
 * Parses a database URL: `postgres://…` as in libpq, or `mysql://…`. Both use the same TLS parameters:
 * `?sslmode=verify-full&sslrootcert=FILE&sslcert=FILE&sslkey=FILE`.
 *
 * @param env PGSSLMODE and similar variables are the defaults for PostgreSQL
 * @throws DatabaseUrlError
 */
export function readDatabaseUrl(text: string, env: NodeJS.ProcessEnv = libraryEnvironment()): DatabaseUrl {
  const url = parsed(text);
  const kind = url.protocol === 'mysql:' ? 'mysql' : 'postgres';
  const given = (names: readonly string[], variable: string) =>
    names.map((name) => url.searchParams.get(name)).find((value) => value !== null) ??
    (kind === 'postgres' ? env[variable] : undefined);
  const mode = given(NAMES.mode, 'PGSSLMODE');
  const files = {
    ca: given(NAMES.ca, 'PGSSLROOTCERT'),
    cert: given(NAMES.cert, 'PGSSLCERT'),
    key: given(NAMES.key, 'PGSSLKEY'),
  };
  const byFlag = flag(url.searchParams.get('ssl'));
  const wanted =
    mode === undefined
      ? (byFlag ?? (NAMES.ca.some((name) => url.searchParams.has(name)) ? 'verified' : 'none'))
      : modeOf(mode);
  for (const name of [...Object.values(NAMES).flat(), 'ssl', 'uselibpqcompat']) url.searchParams.delete(name);
  if (kind === 'mysql') {
    const unknown = [...url.searchParams.keys()].find((name) => !OF_MYSQL.includes(name));
    if (unknown !== undefined) throw new DatabaseUrlError(`contains the unknown parameter ${unknown}`);
  }
  const host = url.searchParams.get('host') ?? (outOfUrl(decodeURIComponent(url.hostname)) || 'localhost');
  if (host.includes(',')) throw severalHosts();
  // As in libpq: a socket does not use the network.
  const isSocket = host.startsWith('/') || url.searchParams.has('socketPath');
  return {
    kind,
    url,
    hasPassword: url.password !== '' || url.searchParams.has('password'),
    host,
    encryption: isSocket ? 'none' : wanted,
    files: Object.fromEntries(Object.entries(files).filter(([, file]) => file !== undefined && file !== '')),
  };
}

const severalHosts = () => new DatabaseUrlError('contains several hosts: write one host, or a proxy that chooses one');

function parsed(text: string): URL {
  const [, scheme = '', authority = '', rest = ''] = /^(postgres(?:ql)?|mysql):\/\/([^/?#]*)(.*)$/s.exec(text) ?? [];
  const [, account = '', place = ''] = /^(?:(.*)@)?(.*)$/s.exec(authority) ?? [];
  if (place.includes(',')) throw severalHosts();
  // libpq accepts a user without a host, which the URL syntax does not allow.
  if (scheme.startsWith('postgres') && account !== '' && place === '') {
    const url = asUrl(`${scheme}://${rest}`);
    const [user = '', ...password] = account.split(':');
    url.searchParams.set('user', decoded(user));
    if (password.length > 0) url.searchParams.set('password', decoded(password.join(':')));
    return url;
  }
  return asUrl(text);
}

function asUrl(text: string): URL {
  if (/^(?:postgres(?:ql)?|mysql):\/\//.test(text) && URL.canParse(text)) return new URL(text);
  throw new DatabaseUrlError('must be a URL postgres://user@host/database or mysql://user@host/database');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new DatabaseUrlError('contains a % that is not followed by two hexadecimal digits: write %25 for a %');
  }
}

function modeOf(mode: string): DatabaseEncryption {
  const wanted = MODES[mode.toLowerCase()];
  if (wanted !== undefined) return wanted;
  const isLax = ['allow', 'prefer', 'preferred'].includes(mode.toLowerCase());
  const words = isLax ? `allows connections without TLS (sslmode=${mode})` : `contains the unknown sslmode ${mode}`;
  throw new DatabaseUrlError(`${words}: write verify-full, or disable`);
}

function flag(value: string | null): DatabaseEncryption | undefined {
  if (value === null) return undefined;
  if (['true', '1', '{}'].includes(value)) return 'verified';
  if (['false', '0'].includes(value)) return 'none';
  throw new DatabaseUrlError(
    'contains ssl with a value other than true and false: write sslmode=verify-full&sslrootcert=FILE',
  );
}

/** The host of a database URL, for display. */
export function databaseHost(url: string): string {
  const { host, searchParams } = new URL(url);
  return host || searchParams.get('host') || 'localhost';
}
