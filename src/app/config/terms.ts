import { present } from './present.js';
import { optionPath, type Reading } from './reading.js';
import type { Settings } from './settings.js';

/** What users have to accept. */
export function readTerms({ terms: { directory, policies } }: Settings, reading: Reading) {
  const list = Object.entries(policies).map(([id, policy]) => ({ id, ...policy }));
  if (directory !== undefined && list.length > 0) {
    reading.problems.add(['terms', 'policies'], 'are texts elsewhere, and directory has texts of our own', 'leave one out');
  }
  return present({
    directory: directory && optionPath(reading, ['terms', 'directory'], directory),
    policies: list,
  });
}
