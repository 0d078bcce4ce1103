import type { z } from 'zod';
import type { KeyPath } from '../../errors/problems.js';
import { readTls } from '../../input/certificates.js';
import type { ConfigReader } from '../../input/reader.js';
import { readSecret } from '../../input/secrets.js';
import { omitUndefined } from '../../objects.js';
import type { rest } from '../../schema/sources/rest.js';
import { readGuarded } from './module.js';

export function readRestSource(source: z.output<typeof rest>, at: KeyPath, reading: ConfigReader) {
  const { name, url, bulk, single, list, homeserver, accessToken, accessTokenFile } = source;
  if (bulk === false && single === false) reading.problems.add([...at, 'bulk'], 'is required if single is false');
  const written = { value: accessToken, file: accessTokenFile };
  return omitUndefined({
    kind: 'rest' as const,
    name,
    url,
    bulk: bulk === false ? undefined : bulk,
    single: single === false ? undefined : single,
    list,
    isListed: list !== undefined,
    summary: `service ${url}`,
    homeserver,
    accessToken: readSecret(reading, [...at, 'accessToken'], written, ['sources', name, 'accessToken']),
    ...readTls(reading, at, source),
    ...readGuarded(source),
  });
}
