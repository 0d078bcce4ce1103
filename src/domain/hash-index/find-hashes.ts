import type { HashIndex } from '../../ports/hash-index.js';
import type { AMBIGUOUS } from '../associations/association.js';
import type { Mxid } from '../identifiers/mxid.js';

/** Looks up many hashes of one source in the hash index. */
export function findIndexed(index: HashIndex, source: string, pepper: string, hashes: readonly string[]) {
  const found = new Map<string, Mxid | typeof AMBIGUOUS>();
  for (const hash of hashes) {
    const answer = index.find(source, pepper, hash);
    if (answer !== undefined) found.set(hash, answer);
  }
  return found;
}
