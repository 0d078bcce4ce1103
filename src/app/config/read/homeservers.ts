import { readTls } from '../input/certificates.js';
import { omitUndefined } from '../objects.js';
import type { ConfigReader } from '../input/reader.js';
import { readSecret } from '../input/secrets.js';
import type { Settings } from './settings.js';

/** How homeservers are reached, by server name. */
export function readHomeservers({ homeservers }: Settings, reading: ConfigReader) {
  const read = Object.entries(homeservers).map(([name, homeserver]) => {
    const { caFile, certFile, keyFile, accessToken: value, accessTokenFile: file, ...rest } = homeserver;
    const at = ['homeservers', name];
    const tls = readTls(reading, at, { caFile, certFile, keyFile });
    const accessToken = readSecret(reading, [...at, 'accessToken'], { value, file });
    if (rest.accountApi === 'synapse' && !accessToken && !reading.problems.hasErrorAt(at)) {
      reading.problems.add(
        [...at, 'accountApi'],
        'needs the access token of an administrator',
        'write accessTokenFile',
      );
    }
    return [name, omitUndefined({ ...rest, ...tls, accessToken })] as const;
  });
  return Object.fromEntries(read);
}
