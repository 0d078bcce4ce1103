import { Problems } from '../errors/problems.js';
import { readSecretFile, type Secret } from './secrets.js';

/** The secret in the file at this moment, or the reason why it cannot be read. */
export function rereadSecret(file: string): Secret | string {
  const problems = new Problems();
  return readSecretFile({ problems }, [], file) ?? problems.list.map(({ reason }) => reason).join('; ');
}
