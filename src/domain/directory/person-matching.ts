import type { MirroredEntry } from './directory-entry.js';
import type { Claim } from '../associations/claim.js';
import type { Mxid } from '../identifiers/mxid.js';
import { keyOf, type Threepid } from '../identifiers/threepid.js';

type Entry = Pick<MirroredEntry, 'id' | 'person'>;

/**
 * Whether entries with one user ID are more than one person. Entries that share an email address are one person who is
 * listed twice. Two entries that have email addresses and share none are two people whose user IDs collide, and
 * messages to one may reach the other. An entry without email addresses is no evidence of a second person, unless both
 * entries have phone numbers and share none. Phone numbers connect only entries without email addresses: people in one
 * office share the number of its switchboard.
 */
export function isDifferentPeople(entries: readonly Entry[]): boolean {
  if (entries.length < 2) return false;
  const addressed = entries.map(({ id, person }) => ({ id, ...byMedium(person?.threepids ?? []) }));
  const mailed = addressed.filter(({ emails }) => emails.length > 0);
  if (groupsOf(mailed.map(({ id, emails }) => [`id ${id}`, ...emails])) > 1) return true;
  const dialled = addressed.filter(({ emails, numbers }) => emails.length === 0 && numbers.length > 0);
  const known = mailed.flatMap(({ id, numbers }) => (numbers.length > 0 ? [`id ${id}`, ...numbers] : []));
  const marks = dialled.map(({ id, numbers }) => [`id ${id}`, ...numbers]);
  return groupsOf(known.length > 0 ? [known, ...marks] : marks) > 1;
}

function byMedium(threepids: readonly Threepid[]) {
  const of = (wanted: Threepid['medium']) =>
    threepids.flatMap((threepid) => (threepid.medium === wanted ? keyOf(threepid) : []));
  return { emails: of('email'), numbers: of('msisdn') };
}

/** The number of groups, where items that share a mark are in one group. */
function groupsOf(marked: readonly (readonly string[])[]): number {
  const groups: Set<string>[] = [];
  for (const own of marked) {
    const marks = new Set(own);
    const touching = groups.filter((group) => [...marks].some((mark) => group.has(mark)));
    for (const group of touching) {
      groups.splice(groups.indexOf(group), 1);
      for (const mark of group) marks.add(mark);
    }
    groups.push(marks);
  }
  return groups.length;
}

/** The claims of an entry, given the user IDs that are known to be shared. */
export function claimsOf({ person }: Entry, shared: ReadonlySet<Mxid>): readonly Claim[] {
  if (!person) return [];
  // An unlisted person is treated like an ambiguous one: the lookup returns no user, and no later source is queried.
  const mark = shared.has(person.mxid) || person.isUnlisted ? { isCollision: true as const } : {};
  return person.threepids.map((threepid) => ({ threepid, mxid: person.mxid, ...mark }));
}

/** Equal claims have equal keys. */
export const claimKey = ({ threepid, mxid, isCollision }: Claim): string =>
  `${isCollision ? '!' : ''}${mxid} ${threepid.alias ?? ''} ${keyOf(threepid)}`;
