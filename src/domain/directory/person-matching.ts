import type { MirroredEntry } from './directory-entry.js';
import type { Claim } from '../associations/claim.js';
import type { Mxid } from '../identifiers/mxid.js';
import { keyOf, type Threepid } from '../identifiers/threepid.js';

type Entry = Pick<MirroredEntry, 'id' | 'person'>;

/**
 * Whether entries with one user ID are more than one person. The same entry met twice, or entries
 * that share an email address, are one person listed twice; entries with nothing in common are two
 * people whose names became one, and whoever writes to the one may reach the other. A number ties
 * only those who have nothing else: people of one office share that of its switchboard.
 */
export function isDifferentPeople(entries: readonly Entry[]): boolean {
  const groups: Set<string>[] = [];
  for (const { id, person } of entries) {
    const marks = new Set([`id ${id}`, ...tiesOf(person?.threepids ?? []).map(keyOf)]);
    const touching = groups.filter((group) => [...marks].some((mark) => group.has(mark)));
    for (const group of touching) {
      groups.splice(groups.indexOf(group), 1);
      for (const mark of group) marks.add(mark);
    }
    groups.push(marks);
  }
  return groups.length > 1;
}

function tiesOf(threepids: readonly Threepid[]): readonly Threepid[] {
  const emails = threepids.filter(({ medium }) => medium === 'email');
  return emails.length > 0 ? emails : threepids;
}

/** What an entry claims, given the user IDs that are known to be shared. */
export function claimsOf({ person }: Entry, shared: ReadonlySet<Mxid>): readonly Claim[] {
  if (!person) return [];
  const mark = shared.has(person.mxid) ? { isCollision: true as const } : {};
  return person.threepids.map((threepid) => ({ threepid, mxid: person.mxid, ...mark }));
}

/** Equal claims have equal keys. */
export const claimKey = ({ threepid, mxid, isCollision }: Claim): string =>
  `${isCollision ? '!' : ''}${mxid} ${threepid.alias ?? ''} ${keyOf(threepid)}`;
