import { join } from 'node:path';
import { optionPath, type ConfigReader } from '../input/reader.js';
import { readDatabaseUrl } from '../../../adapters/shared/database-url.js';
import { readTls } from '../input/certificates.js';
import { readSecret } from '../input/secrets.js';
import type { Settings } from './settings.js';
import { omitUndefined } from '../objects.js';

/** Where data is stored. */
export function readStorage({ dataDir, database, signing }: Settings, reading: ConfigReader) {
  const folder = optionPath(reading, ['dataDir'], dataDir);
  const keyFile =
    signing.keyFile === undefined
      ? join(folder, 'signing.key')
      : optionPath(reading, ['signing', 'keyFile'], signing.keyFile);
  return { dataDir: folder, database: readDatabase(database, folder, reading), signing: { keyFile } };
}

function readDatabase(
  { url, file, password, passwordFile, connections, ...files }: Settings['database'],
  dataDir: string,
  reading: ConfigReader,
) {
  const { problems } = reading;
  const secret = readSecret(reading, ['database', 'password'], { value: password, file: passwordFile });
  if (url !== undefined) {
    if (file !== undefined)
      problems.add(['database', 'file'], 'is for SQLite, but url is for PostgreSQL', 'leave one out');
    if (secret && readDatabaseUrl(url).hasPassword) {
      problems.add(['database', 'url'], 'contains a password, but password is set, too', 'leave one out');
    }
    return omitUndefined({
      kind: 'postgres',
      url,
      password: secret,
      connections,
      ...readTls(reading, ['database'], files),
    } as const);
  }
  if (secret) problems.add(['database', 'password'], 'is for PostgreSQL, but url is not set');
  const path =
    file === undefined
      ? join(dataDir, 'islet.db')
      : file === ':memory:'
        ? file
        : optionPath(reading, ['database', 'file'], file);
  return { kind: 'sqlite', file: path } as const;
}
