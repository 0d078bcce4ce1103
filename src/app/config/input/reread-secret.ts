import { Problems } from '../errors/problems.js';
import { readSecretFile, type Secret } from './secrets.js';

/**
 * A secret as it is now in its file. Where the file cannot be read for now, and where the secret stands in the
 * configuration or the environment, it is what it was.
 */
export const rereadSecret = (secret: Secret): Secret =>
  secret.file === undefined ? secret : (readSecretFile({ problems: new Problems() }, [], secret.file) ?? secret);
