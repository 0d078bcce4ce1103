import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { DatabaseUrlError, type DatabaseUrl } from './database-url.js';
import { type TlsMaterial, verifiedTls } from './tls-options.js';

/**
 * TLS options of a database connection; `undefined` for clear text. Certificates given outside the URL enable TLS, just
 * like those in it.
 *
 * @throws DatabaseUrlError if a file cannot be read, or if the URL forbids TLS
 */
export function databaseTls(
  { host, encryption, files }: DatabaseUrl,
  given: TlsMaterial = {},
): ConnectionOptions | undefined {
  const isGiven = given.ca !== undefined || given.clientCertificate !== undefined;
  if (encryption === 'none' && !isGiven) return undefined;
  if (host.startsWith('/')) return undefined;
  const material = { ...materialOf(files), ...given };
  const options = verifiedTls(host, material);
  return encryption === 'encrypted' && given.ca === undefined ? { ...options, rejectUnauthorized: false } : options;
}

function materialOf({ ca, cert, key }: DatabaseUrl['files']): TlsMaterial {
  if ((cert === undefined) !== (key === undefined))
    throw new DatabaseUrlError('must contain sslcert and sslkey together');
  return {
    ...(ca !== undefined && ca !== 'system' && { ca: read('sslrootcert', ca) }),
    ...(cert !== undefined &&
      key !== undefined && { clientCertificate: `${read('sslcert', cert)}\n${read('sslkey', key)}` }),
  };
}

function read(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new DatabaseUrlError(`contains a file that cannot be read: ${name} ${file}`, { cause });
  }
}
