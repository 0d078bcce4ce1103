import type { Binding } from '../associations/binding.js';
import type { Suspension } from '../associations/binding.js';
import type { MirroredEntry, SourcedEntry } from '../directory/directory-entry.js';
import { groupBy } from '../shared/group-by.js';
import type { Mxid } from '../identifiers/mxid.js';
import { isDifferentPeople } from '../directory/person-matching.js';
import type { Threepid } from '../identifiers/threepid.js';

/** A directory entry that has or had a user ID: the person behind the user ID. */
export interface UserIdAssignment {
  readonly source: string;
  /** The stable id of the entry. Ids are compared byte by byte. */
  readonly entryId: string;
  readonly mxid: Mxid;
  /** The same for all entries of one person under this user ID. */
  readonly person: string;
  /**
   * From when the user ID belongs to this person, ms since the epoch; `undefined` if nobody else is known to have had
   * it.
   */
  readonly since: number | undefined;
  /** When the entry was first found missing, or without this user ID, ms since the epoch. */
  readonly leftAt: number | undefined;
  /** The known former addresses of a person who has left. */
  readonly addresses: readonly Threepid[];
}

/** The person id for a person with only one known entry. */
export const personOf = (source: string, entryId: string): string => `${source} ${entryId}`;

export const isAssignedTo = ({ source, entryId, mxid }: UserIdAssignment, entry: SourcedEntry): boolean =>
  source === entry.source && entryId === entry.id && mxid === entry.person?.mxid;

/** The part of the configuration that is used to distinguish people. */
export interface AssignmentRules {
  /** The sources whose entries are people. */
  readonly authoritativeSources: readonly string[];
  /** Those of them that derive user IDs from their own user names. */
  readonly derivedIdSources: ReadonlySet<string>;
}

/**
 * The assignments to record for the entries that have one user ID now. An entry is the same person as another entry
 * that has the user ID at the same time, unless the two are different people. An entry that gets the user ID after
 * another one is a different person, whatever else they have in common. If a source replaces one that is no longer
 * authoritative, its entries are the people who were there before.
 *
 * @param known the recorded assignments of this user ID
 * @param isFirstSync in later syncs, unknown entries are new people
 * @param idsChanged whether entries only have new ids: a new entry is then the person who was there before
 */
export function newHolders(
  mxid: Mxid,
  entries: readonly SourcedEntry[],
  known: readonly UserIdAssignment[],
  { authoritativeSources, derivedIdSources }: AssignmentRules,
  { isFirstSync = false, idsChanged = false, now }: { isFirstSync?: boolean; idsChanged?: boolean; now: number },
): readonly UserIdAssignment[] {
  const activeAssignments = entries.flatMap((entry) => {
    const assignment = known.find((candidate) => isAssignedTo(candidate, entry));
    return assignment ? { entry, assignment } : [];
  });
  const added: UserIdAssignment[] = [];
  for (const entry of entries) {
    if (known.some((candidate) => isAssignedTo(candidate, entry))) continue;
    const former = idsChanged
      ? known.findLast(({ source, leftAt }) => source === entry.source && leftAt === undefined)
      : undefined;
    const samePerson =
      former ??
      activeAssignments.find(({ assignment: other, entry: listed }) => {
        // A new entry beside an existing one of the same directory may be its successor: the old entry may not be
        // removed yet.
        return (other.source !== entry.source || added.includes(other)) && isOnePerson(entry, listed, derivedIdSources);
      })?.assignment ??
      known.find((candidate) => {
        if (authoritativeSources.includes(candidate.source)) return false;
        return (isFirstSync && candidate.leftAt === undefined) || candidate.entryId === entry.id;
      });
    const isFirst = known.length + added.length === 0;
    const assignment: UserIdAssignment = {
      source: entry.source,
      entryId: entry.id,
      mxid,
      person: samePerson?.person ?? personOf(entry.source, entry.id),
      since: samePerson ? samePerson.since : isFirst ? undefined : now,
      leftAt: undefined,
      addresses: [],
    };
    added.push(assignment);
    activeAssignments.push({ entry, assignment });
  }
  return added;
}

type Entry = Pick<MirroredEntry, 'id' | 'person'> & { readonly source: string };

/**
 * If a directory stores user IDs, one ID means one user. Entries of two directories that derive user IDs must have
 * something in common.
 */
const isOnePerson = (a: Entry, b: Entry, derivedIdSources: ReadonlySet<string>): boolean =>
  !derivedIdSources.has(a.source) || !derivedIdSources.has(b.source) || !isDifferentPeople([a, b]);

/** Of several people who have a user ID at the same time, the one who has had it longest. */
export const earliest = (assignments: readonly UserIdAssignment[]): UserIdAssignment | undefined =>
  assignments.reduce<UserIdAssignment | undefined>(
    (first, next) => (first && (first.since ?? 0) <= (next.since ?? 0) ? first : next),
    undefined,
  );

/**
 * From when a user ID belongs to a person who is back under it: as before, unless others have had it in the meantime.
 *
 * @param others all recorded assignments of this user ID
 */
export function sinceReturn(
  { person, since, leftAt = 0 }: UserIdAssignment,
  others: readonly UserIdAssignment[],
  now: number,
) {
  const wasReassigned = others.some(
    (candidate) => candidate.person !== person && (candidate.leftAt === undefined || candidate.leftAt >= leftAt),
  );
  return wasReassigned ? now : since;
}

/** A binding and the person who made it, if known. */
export interface OwnedBinding {
  readonly binding: Binding;
  readonly person: string | undefined;
}

/** The effects of departures and returns on bindings. */
export interface SuspensionPlan {
  readonly suspended: readonly (OwnedBinding & { readonly suspension: Suspension })[];
  readonly resumed: readonly OwnedBinding[];
}

/**
 * The bindings to suspend because the person who made them has left, and the bindings to resume because that person is
 * back and is the only one with the user ID.
 *
 * @param assignments all recorded assignments of the users of these bindings
 * @param authoritativeSources the sources that decide: others do not cause suspensions
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
    const left = lastGone(all.filter((record) => record.person === person));
    const isHere = all.some((record) => record.person === person && record.leftAt === undefined);
    const isAlone = all.every((record) => record.person === person || record.leftAt !== undefined);
    if (left && !binding.suspended) suspended.push({ ...owned, suspension: left });
    if (isHere && isAlone && binding.suspended) resumed.push(owned);
  }
  return { suspended, resumed };
}

/** The assignments of people who left and whose bindings were suspended, with the addresses of these bindings added. */
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

/**
 * When, and from which source, the last entry of a person was removed; `undefined` while any of their entries is
 * present.
 */
function lastGone(assignments: readonly UserIdAssignment[]): Suspension | undefined {
  let last: Suspension | undefined;
  for (const { source, leftAt } of assignments) {
    if (leftAt === undefined) return undefined;
    if (!last || leftAt >= last.since) last = { source, since: leftAt };
  }
  return last;
}
