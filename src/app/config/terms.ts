import { present } from './present.js';
import { optionPath, type Reading } from './reading.js';
import type { Settings } from './settings.js';

/** What users have to accept. */
export function readTerms({ terms: { directory, policies } }: Settings, reading: Reading) {
  return present({
    directory: directory && optionPath(reading, ['terms', 'directory'], directory),
    policies: Object.entries(policies).map(([id, policy]) => ({ id, ...policy })),
  });
}
