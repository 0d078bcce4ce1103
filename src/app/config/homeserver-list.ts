import { readCertificates } from './certificates.js';
import { present } from './present.js';
import type { Reading } from './reading.js';
import { readSecret } from './secrets.js';
import type { Settings } from './settings.js';

/** How homeservers are reached, by server name. */
export function readHomeservers({ homeservers }: Settings, reading: Reading) {
  const read = Object.entries(homeservers).map(([name, homeserver]) => {
    const { caFile, accessToken: value, accessTokenFile: file, ...rest } = homeserver;
    const at = ['homeservers', name];
    const ca = readCertificates(reading, [...at, 'caFile'], caFile);
    const accessToken = readSecret(reading, [...at, 'accessToken'], { value, file });
    if (rest.accountApi === 'synapse' && !accessToken && !reading.problems.within(at)) {
      reading.problems.add(
        [...at, 'accountApi'],
        'needs the access token of an administrator',
        'write accessTokenFile',
      );
    }
    return [name, present({ ...rest, ca, accessToken })] as const;
  });
  return Object.fromEntries(read);
}
