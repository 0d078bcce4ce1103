import { omitUndefined } from '../objects.js';
import { optionPath, type ConfigReader } from '../input/reader.js';
import type { Settings } from './settings.js';

/** The terms that users have to accept. */
export function readTerms({ terms: { directory, policies } }: Settings, reading: ConfigReader) {
  return omitUndefined({
    directory: directory && optionPath(reading, ['terms', 'directory'], directory),
    policies: Object.entries(policies).map(([id, policy]) => ({ id, ...policy })),
  });
}
