import { legacyNames } from './former-names.js';
import { didYouMean, nearest, plain } from './suggest.js';

/**
 * The suggestion for an unknown key.
 *
 * @param siblings the keys that are allowed in the same place
 * @param section the section of the file that contains the key; `undefined` at the top level
 * @param paths all options of the file
 */
export function suggestKey(
  key: string,
  siblings: readonly string[],
  section: string | undefined,
  paths: readonly string[],
): string | undefined {
  const meant = plain(key);
  const former = Object.entries(legacyNames).find(([name]) => plain(name) === meant)?.[1];
  const head = former?.match(/^\w+/)?.[0] ?? '';
  const isHere = siblings.includes(head) || section === undefined || section === head;
  if (former !== undefined && isHere) return didYouMean(former);
  const sibling = nearest(key, siblings);
  if (sibling !== undefined) return didYouMean(sibling);
  const knownPath = paths.find((path) => plain(path) === meant);
  if (knownPath !== undefined) return `did you mean "${knownPath.split('.').join(':" and in it "')}:"?`;
  const similarPaths = paths.filter((path) => plain(path.split('.').at(-1) ?? '') === meant);
  return similarPaths.length === 1 ? didYouMean(similarPaths[0]) : undefined;
}
