import { readCertificates } from './certificates.js';
import { present } from './present.js';
import type { Reading } from './reading.js';
import type { Settings } from './settings.js';

/** How homeservers are reached, by server name. */
export function readHomeservers({ homeservers }: Settings, reading: Reading) {
  const read = Object.entries(homeservers).map(([name, { caFile, ...rest }]) => {
    const ca = readCertificates(reading, ['homeservers', name, 'caFile'], caFile);
    return [name, present({ ...rest, ca })] as const;
  });
  return Object.fromEntries(read);
}
