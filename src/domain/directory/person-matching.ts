import type { MirroredEntry } from './directory-entry.js';
import type { Claim } from '../associations/claim.js';
import type { Mxid } from '../identifiers/mxid.js';
import { keyOf, type Threepid } from '../identifiers/threepid.js';

type Entry = Pick<MirroredEntry, 'id' | 'person'>;

/**
 * Whether entries with one user ID are more than one person. Entries that share an email address are one person listed twice; two
 * that have email addresses and share none are two people whose names became one, and whoever writes to the one may reach the other. An
 * entry without any adds nothing that speaks against it, unless both have numbers and none in common. Numbers tie only
 * entries without email addresses: people of one office share that of its switchboard.
 */
export function isDifferentPeople(entries: readonly Entry[]): boolean {
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

/** How many groups these are, where whoever shares a mark is in one. */
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

/** What an entry claims, given the user IDs that are known to be shared. */
export function claimsOf({ person }: Entry, shared: ReadonlySet<Mxid>): readonly Claim[] {
  if (!person) return [];
  // Whoever asks for somebody unlisted is answered as where it is not clear who it is: nobody, and no later source is asked.
  const mark = shared.has(person.mxid) || person.isUnlisted ? { isCollision: true as const } : {};
  return person.threepids.map((threepid) => ({ threepid, mxid: person.mxid, ...mark }));
}

/** Equal claims have equal keys. */
export const claimKey = ({ threepid, mxid, isCollision }: Claim): string =>
  `${isCollision ? '!' : ''}${mxid} ${threepid.alias ?? ''} ${keyOf(threepid)}`;
