import { statSync } from 'node:fs';
import type { z } from 'zod';
import { readTls } from '../../input/certificates.js';
import { envName } from '../../input/env-name.js';
import type { upstreamPolicy } from '../../schema/sources/upstream.js';
import { type upstream } from '../../schema/sources/upstream.js';
import { omitUndefined } from '../../objects.js';
import type { KeyPath, Problems } from '../../errors/problems.js';
import type { ConfigReader } from '../../input/reader.js';
import { readSecret, secretFile } from '../../input/secrets.js';
import { MEDIA } from '../../schema/sources/module.js';

type Written = z.output<typeof upstream>;

/** The options of another identity server, with secrets and certificates read. */
export function readUpstream(source: Written, at: KeyPath, reading: ConfigReader) {
  const {
    accessToken: _value,
    accessTokenFile: _file,
    caFile,
    certFile,
    keyFile,
    timeLimit,
    forward,
    homeservers,
    cache,
    ...rest
  } = source;
  const token = readAccessToken(source, at, reading);
  checkForwarding(rest.hashed, forward, at, reading.problems);
  if (rest.hashed && !token.accessToken && token.accessTokenFile === undefined && !reading.problems.hasErrorAt(at)) {
    reading.problems.add(
      [...at, 'hashed'],
      'is true without an access token; API version 1 has no hashed lookups',
      'set accessTokenFile, or write false',
    );
  }
  return omitUndefined({
    kind: 'upstream' as const,
    ...rest,
    ...readUpstreamPolicy({ forward, homeservers, cache }),
    ...token,
    ...readTls(reading, at, { caFile, certFile, keyFile }),
    timeLimitMs: timeLimit,
    isListed: false,
    summary: `identity server ${rest.url}${rest.hashed ? ', its pepper is used' : ''}`,
  });
}

/** The file may be missing or empty: `islet upstream login` writes it. */
function readAccessToken({ name, accessToken, accessTokenFile }: Written, at: KeyPath, reading: ConfigReader) {
  const envPath: KeyPath = ['sources', name, 'accessToken'];
  const file = secretFile(reading, accessTokenFile, envPath);
  const isGiven = accessToken !== undefined || reading.env[envName(envPath)] !== undefined;
  const isStillToCome = file !== undefined && !isGiven && isNothingIn(file);
  if (isStillToCome) {
    reading.knownEnv.add(envName([...envPath.slice(0, -1), 'accessTokenFile']));
    reading.warnings.push(`source ${name}: ${file} has no token yet: "islet upstream login ${name}" creates it`);
    return { accessToken: undefined, accessTokenFile: file };
  }
  const written = { value: accessToken, file: accessTokenFile };
  return {
    accessToken: readSecret(reading, [...at, 'accessToken'], written, envPath),
    accessTokenFile: file,
  };
}

function isNothingIn(file: string): boolean {
  try {
    return statSync(file).size === 0;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

type Policy = z.output<z.ZodObject<typeof upstreamPolicy>>;
export const readUpstreamPolicy = ({ forward, homeservers, cache }: Policy) =>
  omitUndefined({
    forward: omitUndefined(forward),
    homeservers,
    cache: cache ? { hitsMs: cache.hits, negativeTtlMs: cache.misses, entries: cache.entries } : undefined,
  });

/** A hash reveals neither its mail domain nor whether it is one of a phone number. */
export function checkForwarding(
  isHashed: boolean,
  { media, ...lists }: Policy['forward'],
  at: KeyPath,
  problems: Problems,
) {
  if (!isHashed) return;
  const clearTextKeys = [...Object.keys(omitUndefined(lists)), ...(media.length < MEDIA.length ? ['media'] : [])];
  for (const key of clearTextKeys) {
    problems.add(
      [...at, 'forward', key],
      'needs plain addresses, but with hashed: true only hashes are sent',
      'leave it out, or write hashed: false; the option homeservers works with both',
    );
  }
}
