import { statSync } from 'node:fs';
import type { z } from 'zod';
import { readCertificates } from './certificates.js';
import { envName } from './env-name.js';
import { checkForwarding, readManners } from './manners.js';
import { present } from './present.js';
import type { KeyPath } from './problems.js';
import type { Reading } from './reading.js';
import { readSecret, secretFile } from './secrets.js';
import type { upstream } from './upstream.js';

type Written = z.output<typeof upstream>;

/** Another identity server, its secrets and certificates read. */
export function readUpstream(source: Written, at: KeyPath, reading: Reading) {
  const {
    accessToken: _value,
    accessTokenFile: _file,
    caFile,
    timeLimit,
    forward,
    homeservers,
    cache,
    ...rest
  } = source;
  const token = readAccessToken(source, at, reading);
  checkForwarding(rest.hashed, forward, at, reading.problems);
  if (rest.hashed && !token.accessToken && token.accessTokenFile === undefined && !reading.problems.within(at)) {
    reading.problems.add(
      [...at, 'hashed'],
      'is true without an access token: version 1 of the API knows no hashes',
      'give accessTokenFile, or write false',
    );
  }
  return present({
    kind: 'upstream' as const,
    ...rest,
    ...readManners({ forward, homeservers, cache }),
    ...token,
    ca: readCertificates(reading, [...at, 'caFile'], caFile),
    timeLimitMs: timeLimit,
  });
}

/** The file may be missing or empty: `islet upstream login` makes it. */
function readAccessToken({ name, accessToken, accessTokenFile }: Written, at: KeyPath, reading: Reading) {
  const envPath: KeyPath = ['sources', name, 'accessToken'];
  const file = secretFile(reading, accessTokenFile, envPath);
  const isGiven = accessToken !== undefined || reading.env[envName(envPath)] !== undefined;
  const isStillToCome = file !== undefined && !isGiven && isNothingIn(file);
  if (isStillToCome) {
    reading.knownEnv.add(envName([...envPath.slice(0, -1), 'accessTokenFile']));
    reading.warnings.push(`source ${name}: ${file} has no token yet: "islet upstream login ${name}" makes it`);
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
