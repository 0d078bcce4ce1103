import { existsSync } from 'node:fs';
import { extname, dirname } from 'node:path';
import type { z } from 'zod';
import type { KeyPath } from '../../errors/problems.js';
import { databaseHost } from '../../../../adapters/shared/database-url.js';
import { type ConfigReader, absolutePath } from '../../input/reader.js';
import { omitUndefined } from '../../objects.js';
import type { sql, synapse } from '../../schema/sources/file-and-sql.js';
import { type file } from '../../schema/sources/file-and-sql.js';
import { checkFile, readGuarded } from './module.js';
import { readTls } from '../../input/certificates.js';
import { readSecret, type Secret } from '../../input/secrets.js';

export function readFileSource(source: z.output<typeof file>, at: KeyPath, reading: ConfigReader) {
  const path = absolutePath(reading, source.path, true);
  const format = source.format ?? (extname(path).toLowerCase() === '.json' ? 'json' : 'csv');
  // A missing file is allowed if its folder exists: the file may be being replaced, and the mirror has its content.
  if (existsSync(path) || !existsSync(dirname(path))) checkFile(path, [...at, 'path'], reading);
  else reading.warnings.push(`source ${source.name}: ${path} does not exist`);
  return omitUndefined({
    kind: 'file' as const,
    name: source.name,
    path,
    isListed: true,
    summary: `table ${path}`,
    format,
    lastLineEnds: source.lastLineEnds,
    phoneRegion: source.phoneRegion,
    ...readGuarded(source),
  });
}

export function readSqlSource(source: z.output<typeof sql>, at: KeyPath, reading: ConfigReader) {
  const { name, url, find, list, phoneRegion } = source;
  const file = source.file === undefined ? undefined : absolutePath(reading, source.file, true);
  if ((url === undefined) === (file === undefined)) {
    reading.problems.add(
      [...at, 'url'],
      file === undefined ? 'is required, unless file is set' : 'must not be set together with file',
    );
  }
  if (file !== undefined) checkFile(file, [...at, 'file'], reading);
  if (!names(find, 'addresses')) {
    reading.problems.add([...at, 'find'], 'must contain the placeholder :addresses, as in: … in (:addresses)');
  } else if (/=\s*:addresses\b/i.test(find)) {
    reading.problems.add([...at, 'find'], 'compares with a single address; write … in (:addresses)');
  }
  if (list !== undefined && (names(list, 'addresses') || names(list, 'medium'))) {
    reading.problems.add([...at, 'list'], 'must return everything: remove :addresses and :medium');
  }
  const password = readPassword(source, at, reading);
  const place = file === undefined ? { url: url ?? '', password, ...readTls(reading, at, source) } : { file };
  return omitUndefined({
    kind: 'sql' as const,
    name,
    place,
    find,
    list,
    isListed: list !== undefined,
    summary: `database ${file ?? (url && databaseHost(url))}`,
    phoneRegion,
    ...readGuarded(source),
  });
}

export const names = (query: string, parameter: string): boolean =>
  new RegExp(`(?<![:\\w]):${parameter}\\b`).test(query);
export function readSynapseSource(source: z.output<typeof synapse>, at: KeyPath, reading: ConfigReader) {
  const { name, url, homeserver } = source;
  const place = { url, password: readPassword(source, at, reading), ...readTls(reading, at, source) };
  return {
    kind: 'synapse' as const,
    name,
    place,
    homeserver,
    isListed: true,
    summary: `users of the Synapse of ${homeserver}`,
    ...readGuarded(source),
  };
}

export function readPassword(
  { name, password, passwordFile }: Pick<z.output<typeof sql>, 'name' | 'password' | 'passwordFile'>,
  at: KeyPath,
  reading: ConfigReader,
): Secret | undefined {
  const written = { value: password, file: passwordFile };
  return readSecret(reading, [...at, 'password'], written, ['sources', name, 'password']);
}
