import { didYouMean, nearest } from './suggest.js';
import type { Environment } from './env-name.js';

/** What Kubernetes sets for every service, and so for one that is called islet. */
const KUBERNETES = /^ISLET_(?:SERVICE_(?:HOST|PORT)|PORT)(?:_|$)/;

/** A sentence about each variable that looks like ours and is not. */
export function unknownVariables(env: Environment, known: ReadonlySet<string>): readonly string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith('ISLET_') && !known.has(name) && !KUBERNETES.test(name))
    .map((name) => {
      const suggestion = didYouMean(nearest(name, [...known]));
      return `environment variable ${name} means nothing${suggestion ? ` (${suggestion})` : ''}`;
    });
}
