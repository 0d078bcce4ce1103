import { didYouMean, nearest } from '../errors/suggest.js';
import type { Environment } from './env-name.js';

const UNCHECKED = 'NODE_TLS_REJECT_UNAUTHORIZED';

/**
 * One sentence for each variable that has the prefix of Islet but is unknown, and for one that would be a security
 * hole.
 */
export function unknownVariables(env: Environment, known: ReadonlySet<string>): readonly string[] {
  const ignored = `environment variable ${UNCHECKED} has no effect: certificates are always checked; use a caFile to trust a CA`;
  const misspelled = Object.keys(env)
    .filter((name) => name.startsWith('ISLET_') && !known.has(name))
    .map((name) => {
      const suggestion = didYouMean(nearest(name, [...known]));
      return `environment variable ${name} is unknown${suggestion ? ` (${suggestion})` : ''}`;
    });
  return env[UNCHECKED] === '0' ? [...misspelled, ignored] : misspelled;
}
