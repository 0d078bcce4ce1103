import type { Binding } from '../associations/binding.js';
import type { Suspension } from '../associations/binding.js';
import type { MirroredEntry, SourcedEntry } from '../directory/directory-entry.js';
import { groupBy } from '../shared/group-by.js';
import type { Mxid } from '../identifiers/mxid.js';
import { isDifferentPeople } from '../directory/person-matching.js';
import type { Threepid } from '../identifiers/threepid.js';

/** A directory entry that has, or had, a user ID: the person behind the name. */
export interface UserIdAssignment {
  readonly source: string;
  /** The entry's own lasting id; ids that differ in one byte are two entries. */
  readonly entryId: string;
  readonly mxid: Mxid;
  /** The same for all entries that stand for one human being under this user ID. */
  readonly person: string;
  /** From when the name is this person's, ms since the epoch; `undefined` if nobody else is known to have had it. */
  readonly since: number | undefined;
  /** When the directory was found not to know the entry by this name any more, ms since the epoch. */
  readonly leftAt: number | undefined;
  /** The addresses that somebody who left is known to have had. */
  readonly addresses: readonly Threepid[];
}

/** How a person is called of whom only one entry is known. */
export const personOf = (source: string, entryId: string): string => `${source} ${entryId}`;

export const isAssignedTo = ({ source, entryId, mxid }: UserIdAssignment, entry: SourcedEntry): boolean =>
  source === entry.source && entryId === entry.id && mxid === entry.person?.mxid;

/** What of the configuration tells people apart. */
export interface AssignmentRules {
  /** The sources whose entries are people. */
  readonly authoritativeSources: readonly string[];
  /** Those of them that make user IDs out of names of their own. */
  readonly derivedIdSources: ReadonlySet<string>;
}

/**
 * Holders to be recorded for the entries that have one user ID now. An entry stands for the same
 * person as another that has the name beside it, unless these are two people; one that has the name
 * after another is somebody else, whatever else they have in common. Where a source replaces one that
 * does not count any more, its entries stand for those who were there.
 *
 * @param known who is recorded of this user ID
 * @param mayReplace whether this is the first sync of the source; in later syncs, unknown entries are new people
 * @param isRenumbered whether entries merely have other ids than before: then who comes is who was there
 */
export function newHolders(
  mxid: Mxid,
  entries: readonly SourcedEntry[],
  known: readonly UserIdAssignment[],
  { authoritativeSources, derivedIdSources }: AssignmentRules,
  { isFirstSync = false, idsChanged = false, now }: { isFirstSync?: boolean; idsChanged?: boolean; now: number },
): readonly UserIdAssignment[] {
  const activeAssignments = entries.flatMap((entry) => {
    const assignment = known.find((one) => isAssignedTo(one, entry));
    return assignment ? { entry, assignment } : [];
  });
  const added: UserIdAssignment[] = [];
  for (const entry of entries) {
    if (known.some((one) => isAssignedTo(one, entry))) continue;
    const former = idsChanged
      ? known.findLast(({ source, leftAt }) => source === entry.source && leftAt === undefined)
      : undefined;
    const beside =
      former ??
      activeAssignments.find(({ assignment: other, entry: listed }) => {
        // An entry that a directory adds beside one it had may be its successor, not yet removed.
        return (other.source !== entry.source || added.includes(other)) && isOnePerson(entry, listed, derivedIdSources);
      })?.assignment ??
      known.find((one) => {
        if (authoritativeSources.includes(one.source)) return false;
        return (isFirstSync && one.leftAt === undefined) || one.entryId === entry.id;
      });
    const isFirst = known.length + added.length === 0;
    const assignment: UserIdAssignment = {
      source: entry.source,
      entryId: entry.id,
      mxid,
      person: beside?.person ?? personOf(entry.source, entry.id),
      since: beside ? beside.since : isFirst ? undefined : now,
      leftAt: undefined,
      addresses: [],
    };
    added.push(assignment);
    activeAssignments.push({ entry, assignment });
  }
  return added;
}

type Entry = Pick<MirroredEntry, 'id' | 'person'> & { readonly source: string };

/** Directories that know user IDs for certain mean one user by one ID; the others' entries have to have something in common. */
const isOnePerson = (a: Entry, b: Entry, derivedIdSources: ReadonlySet<string>): boolean =>
  !derivedIdSources.has(a.source) || !derivedIdSources.has(b.source) || !isDifferentPeople([a, b]);

/** Of several who have a name at the same time the one who has had it longest. */
export const earliest = (assignments: readonly UserIdAssignment[]): UserIdAssignment | undefined =>
  assignments.reduce<UserIdAssignment | undefined>(
    (first, one) => (first && (first.since ?? 0) <= (one.since ?? 0) ? first : one),
    undefined,
  );

/**
 * Since when a name is a person's who is back under it: as before, unless others have had it meanwhile.
 *
 * @param others everybody recorded of this user ID
 */
export function sinceReturn(
  { person, since, leftAt = 0 }: UserIdAssignment,
  others: readonly UserIdAssignment[],
  now: number,
) {
  const hadIt = others.some((one) => one.person !== person && (one.leftAt === undefined || one.leftAt >= leftAt));
  return hadIt ? now : since;
}

/** A binding and the person who made it, as far as that is known. */
export interface OwnedBinding {
  readonly binding: Binding;
  readonly person: string | undefined;
}

/** What departures and returns do to bindings. */
export interface SuspensionPlan {
  readonly suspended: readonly (OwnedBinding & { readonly suspension: Suspension })[];
  readonly resumed: readonly OwnedBinding[];
}

/**
 * Which bindings are to be suspended, because the person who made them has left, and which answer
 * again, because that person is back and the only one with the name.
 *
 * @param assignments everybody recorded of the users of these bindings
 * @param authoritativeSources the sources whose word counts: others suspend nobody
 */
export function planSuspensions(
  bindings: readonly OwnedBinding[],
  assignments: readonly UserIdAssignment[],
  authoritativeSources: readonly string[],
): SuspensionPlan {
  const byMxid = groupBy(assignments, ({ source, mxid }) => (authoritativeSources.includes(source) ? mxid : undefined));
  const suspended: (OwnedBinding & { readonly suspension: Suspension })[] = [];
  const resumed: OwnedBinding[] = [];
  for (const owned of bindings) {
    const { binding, person } = owned;
    const all = byMxid.get(binding.mxid) ?? [];
    const left = lastGone(all.filter((one) => one.person === person));
    const isHere = all.some((one) => one.person === person && one.leftAt === undefined);
    const isAlone = all.every((one) => one.person === person || one.leftAt !== undefined);
    if (left && !binding.suspended) suspended.push({ ...owned, suspension: left });
    if (isHere && isAlone && binding.suspended) resumed.push(owned);
  }
  return { suspended, resumed };
}

/** Those who left whose bindings were suspended, with the addresses of these. */
export function withAddresses(
  assignments: readonly UserIdAssignment[],
  suspended: SuspensionPlan['suspended'],
): readonly UserIdAssignment[] {
  const bound = new Map<string, Threepid[]>();
  const keyOf = (mxid: Mxid, person: string | undefined, source: string) => JSON.stringify([mxid, person, source]);
  for (const { binding, person, suspension } of suspended) {
    const key = keyOf(binding.mxid, person, suspension.source);
    bound.set(key, [...(bound.get(key) ?? []), binding.threepid]);
  }
  return assignments.flatMap((assignment) => {
    const more = bound.get(keyOf(assignment.mxid, assignment.person, assignment.source));
    return more && assignment.leftAt !== undefined
      ? { ...assignment, addresses: [...assignment.addresses, ...more] }
      : [];
  });
}

/** When and from where somebody went for good; `undefined` while any entry of theirs is there. */
function lastGone(assignments: readonly UserIdAssignment[]): Suspension | undefined {
  let last: Suspension | undefined;
  for (const { source, leftAt } of assignments) {
    if (leftAt === undefined) return undefined;
    if (!last || leftAt >= last.since) last = { source, since: leftAt };
  }
  return last;
}
