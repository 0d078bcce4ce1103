import type { Binding, Suspension } from './association.js';
import type { MirroredEntry, SourcedEntry } from './directory.js';
import { groupBy } from './group-by.js';
import type { Mxid } from './mxid.js';
import { isSharedName } from './people.js';
import type { Threepid } from './threepid.js';

/** A directory entry that has, or had, a user ID: the person behind the name. */
export interface Holder {
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

export const isHolder = ({ source, entryId, mxid }: Holder, entry: SourcedEntry): boolean =>
  source === entry.source && entryId === entry.id && mxid === entry.person?.mxid;

/** What of the configuration tells people apart. */
export interface Naming {
  /** The sources whose entries are people. */
  readonly counting: readonly string[];
  /** Those of them that make user IDs out of names of their own. */
  readonly derivers: ReadonlySet<string>;
}

/**
 * Holders to be recorded for the entries that have one user ID now. An entry stands for the same
 * person as another that has the name beside it, unless these are two people; one that has the name
 * after another is somebody else, whatever else they have in common. Where a source replaces one that
 * does not count any more, its entries stand for those who were there.
 *
 * @param known who is recorded of this user ID
 * @param mayReplace whether the source was read for the first time: later whoever comes is new
 * @param isRenumbered whether entries merely have other ids than before: then who comes is who was there
 */
export function newHolders(
  mxid: Mxid,
  entries: readonly SourcedEntry[],
  known: readonly Holder[],
  { counting, derivers }: Naming,
  { mayReplace = false, isRenumbered = false, now }: { mayReplace?: boolean; isRenumbered?: boolean; now: number },
): readonly Holder[] {
  const here = entries.flatMap((entry) => {
    const holder = known.find((one) => isHolder(one, entry));
    return holder ? { entry, holder } : [];
  });
  const added: Holder[] = [];
  for (const entry of entries) {
    if (known.some((one) => isHolder(one, entry))) continue;
    const former = isRenumbered
      ? known.findLast(({ source, leftAt }) => source === entry.source && leftAt === undefined)
      : undefined;
    const beside =
      former ??
      here.find(({ holder: other, entry: its }) => {
        // An entry that a directory adds beside one it had may be its successor, not yet removed.
        return (other.source !== entry.source || added.includes(other)) && isOnePerson(entry, its, derivers);
      })?.holder ??
      known.find((one) => {
        if (counting.includes(one.source)) return false;
        return (mayReplace && one.leftAt === undefined) || one.entryId === entry.id;
      });
    const isFirst = known.length + added.length === 0;
    const holder: Holder = {
      source: entry.source,
      entryId: entry.id,
      mxid,
      person: beside?.person ?? personOf(entry.source, entry.id),
      since: beside ? beside.since : isFirst ? undefined : now,
      leftAt: undefined,
      addresses: [],
    };
    added.push(holder);
    here.push({ entry, holder });
  }
  return added;
}

type Entry = Pick<MirroredEntry, 'id' | 'person'> & { readonly source: string };

/** Directories that know user IDs for certain mean one user by one ID; the others' entries have to have something in common. */
const isOnePerson = (a: Entry, b: Entry, derivers: ReadonlySet<string>): boolean =>
  !derivers.has(a.source) || !derivers.has(b.source) || !isSharedName([a, b]);

/** Of several who have a name at the same time the one who has had it longest. */
export const eldest = (holders: readonly Holder[]): Holder | undefined =>
  holders.reduce<Holder | undefined>(
    (first, one) => (first && (first.since ?? 0) <= (one.since ?? 0) ? first : one),
    undefined,
  );

/**
 * Since when a name is a person's who is back under it: as before, unless others have had it meanwhile.
 *
 * @param others everybody recorded of this user ID
 */
export function sinceReturn({ person, since, leftAt = 0 }: Holder, others: readonly Holder[], now: number) {
  const hadIt = others.some((one) => one.person !== person && (one.leftAt === undefined || one.leftAt >= leftAt));
  return hadIt ? now : since;
}

/** A binding and the person who made it, as far as that is known. */
export interface OwnedBinding {
  readonly binding: Binding;
  readonly person: string | undefined;
}

/** What departures and returns do to bindings. */
export interface Judgement {
  readonly suspended: readonly (OwnedBinding & { readonly suspension: Suspension })[];
  readonly resumed: readonly OwnedBinding[];
}

/**
 * Which bindings are to be suspended, because the person who made them has left, and which answer
 * again, because that person is back and the only one with the name.
 *
 * @param holders everybody recorded of the users of these bindings
 * @param counting the sources whose word counts: others suspend nobody
 */
export function judge(
  bindings: readonly OwnedBinding[],
  holders: readonly Holder[],
  counting: readonly string[],
): Judgement {
  const byMxid = groupBy(holders, ({ source, mxid }) => (counting.includes(source) ? mxid : undefined));
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
export function withAddresses(holders: readonly Holder[], suspended: Judgement['suspended']): readonly Holder[] {
  const bound = new Map<string, Threepid[]>();
  const keyOf = (mxid: Mxid, person: string | undefined, source: string) => JSON.stringify([mxid, person, source]);
  for (const { binding, person, suspension } of suspended) {
    const key = keyOf(binding.mxid, person, suspension.source);
    bound.set(key, [...(bound.get(key) ?? []), binding.threepid]);
  }
  return holders.flatMap((holder) => {
    const more = bound.get(keyOf(holder.mxid, holder.person, holder.source));
    return more && holder.leftAt !== undefined ? { ...holder, addresses: [...holder.addresses, ...more] } : [];
  });
}

/** When and from where somebody went for good; `undefined` while any entry of theirs is there. */
function lastGone(holders: readonly Holder[]): Suspension | undefined {
  let last: Suspension | undefined;
  for (const { source, leftAt } of holders) {
    if (leftAt === undefined) return undefined;
    if (!last || leftAt >= last.since) last = { source, since: leftAt };
  }
  return last;
}
