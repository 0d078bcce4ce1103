import { legacyNames } from './former-names.js';
import { didYouMean, nearest, plain } from './suggest.js';

/**
 * What somebody who wrote an unknown key probably wanted.
 *
 * @param siblings the keys that may stand there
 * @param section the section of the file it is in; `undefined` at the top
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
  const elsewhere = paths.filter((path) => plain(path.split('.').at(-1) ?? '') === meant);
  return elsewhere.length === 1 ? didYouMean(elsewhere[0]) : undefined;
}
