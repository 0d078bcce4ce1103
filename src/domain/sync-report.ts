import type { LeftOut, Listing, MirroredEntry, Person, SourcedEntry } from './directory.js';
import type { Mxid } from './mxid.js';

/** How many lines of each kind a report shows. */
const SHOWN = 10;

/** What a sync found, for people to read: numbers, and up to ten examples of each kind by label. */
export interface SyncReport {
  readonly source: string;
  readonly isApplied: boolean;
  /** Why it was not, or would not be, applied. */
  readonly refusal: string | undefined;
  readonly parts: Readonly<Record<string, number>>;
  readonly added: Sample<string>;
  readonly changed: Sample<string>;
  readonly removed: Sample<string>;
  /** New and changed people with the user ID that is derived for them. */
  readonly people: Sample<{ readonly label: string; readonly mxid: Mxid; readonly threepids: number }>;
  /** New and changed entries that are not taken, or not whole. */
  readonly leftOut: Sample<{ readonly label: string; readonly reasons: readonly LeftOut[] }>;
  /** User IDs that two people would get. */
  readonly shared: Sample<{ readonly mxid: Mxid; readonly labels: readonly string[] }>;
  readonly tookMs: number;
}

export interface Sample<T> {
  readonly count: number;
  readonly shown: readonly T[];
}

interface Outcome {
  /** The first of the removed entries. */
  readonly removed: readonly MirroredEntry[];
  readonly refusal: string | undefined;
  readonly isDryRun?: boolean | undefined;
  readonly tookMs: number;
}

/** @param listing `undefined` if the directory could not be read */
export function reportOf(
  source: string,
  listing: Listing | undefined,
  shared: ReadonlyMap<Mxid, readonly SourcedEntry[]>,
  { removed, refusal, isDryRun, tookMs }: Outcome,
): SyncReport {
  const put = listing?.put ?? [];
  const isNew = ({ id }: MirroredEntry) => listing?.added.has(id) ?? false;
  return {
    source,
    isApplied: refusal === undefined && !isDryRun,
    refusal,
    parts: listing?.parts ?? {},
    added: sample(put, isNew, labelOf),
    changed: sample(put, (entry) => !isNew(entry), labelOf),
    removed: { count: listing?.removed.length ?? 0, shown: removed.map(labelOf) },
    people: sample(put, isPerson, ({ label, person }) => ({
      label,
      mxid: person.mxid,
      threepids: person.threepids.length,
    })),
    leftOut: sample(
      put,
      ({ leftOut }) => leftOut.length > 0,
      ({ label, leftOut }) => ({ label, reasons: leftOut }),
    ),
    shared: sample(
      [...shared],
      () => true,
      ([mxid, entries]) => ({ mxid, labels: entries.map(labelOf) }),
    ),
    tookMs,
  };
}

const labelOf = ({ label }: { readonly label: string }): string => label;

const isPerson = (entry: MirroredEntry): entry is MirroredEntry & { readonly person: Person } =>
  entry.person !== undefined;

/** Counts what is wanted and shows the first of it: a listing can be a million entries long. */
function sample<T, W extends T, S>(all: readonly T[], wanted: (one: T) => one is W, show: (one: W) => S): Sample<S>;
function sample<T, S>(all: readonly T[], wanted: (one: T) => boolean, show: (one: T) => S): Sample<S>;
function sample<T, S>(all: readonly T[], wanted: (one: T) => boolean, show: (one: T) => S): Sample<S> {
  let count = 0;
  const shown: S[] = [];
  for (const one of all) {
    if (!wanted(one)) continue;
    count += 1;
    if (count <= SHOWN) shown.push(show(one));
  }
  return { count, shown };
}
