import { Problems } from '../errors/problems.js';
import { readSecretFile, type Secret } from './secrets.js';

/**
 * The current value of a secret in a file. If the file cannot be read now, or the secret is in the configuration or
 * the environment, it is the previous value.
 */
export const rereadSecret = (secret: Secret): Secret =>
  secret.file === undefined ? secret : (readSecretFile({ problems: new Problems() }, [], secret.file) ?? secret);
