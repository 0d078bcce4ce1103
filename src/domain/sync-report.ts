import type { MirrorStore } from '../ports/mirror-store.js';
import type { LeftOut, MirroredEntry, Person, SourcedEntry } from './directory.js';
import { remarksOf } from './distrust.js';
import type { Mxid } from './mxid.js';
import { labelBeside } from './shared-names.js';

/** How many lines of each kind a report shows. */
const SHOWN = 10;

/** What a sync found, for people to read: numbers, and up to ten examples of each kind by label. */
export interface SyncReport {
  readonly source: string;
  readonly isApplied: boolean;
  /** Whether everything was read, and not only what changed. */
  readonly isWhole: boolean;
  /** Why it was not, or would not be, applied. */
  readonly refusal: string | undefined;
  readonly parts: Readonly<Record<string, number>>;
  /** What is odd about parts that gave no entry. */
  readonly warnings: readonly string[];
  readonly added: Sample<string>;
  readonly changed: Sample<string>;
  readonly removed: Sample<string>;
  /** New and changed people with the user ID that is derived for them. In a dry run without any: some of the others. */
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

/** What a report shows of new and changed entries, gathered one by one: there may be a million. */
export class Sightings {
  private readonly added = new Sampler<string>();
  private readonly changed = new Sampler<string>();
  private readonly people = new Sampler<SyncReport['people']['shown'][number]>();
  private readonly leftOut = new Sampler<SyncReport['leftOut']['shown'][number]>();

  /** Whether anybody can be found by what was met so far. */
  hasAddresses = false;

  take({ label, person, leftOut }: MirroredEntry, isNew: boolean): void {
    this.hasAddresses ||= (person?.threepids.length ?? 0) > 0;
    (isNew ? this.added : this.changed).take(() => label);
    if (person) this.show(label, person);
    if (leftOut.length > 0) this.leftOut.take(() => ({ label, reasons: leftOut }));
  }

  show(label: string, { mxid, threepids }: Person): void {
    this.people.take(() => ({ label, mxid, threepids: threepids.length }));
  }

  get samples(): Pick<SyncReport, 'added' | 'changed' | 'people' | 'leftOut'> {
    const { added, changed, people, leftOut } = this;
    return { added: added.sample, changed: changed.sample, people: people.sample, leftOut: leftOut.sample };
  }
}

/** Counts, and shows the first. */
class Sampler<T> {
  private count = 0;
  private readonly shown: T[] = [];

  take(show: () => T): void {
    this.count += 1;
    if (this.count <= SHOWN) this.shown.push(show());
  }

  get sample(): Sample<T> {
    return { count: this.count, shown: this.shown };
  }
}

interface Found {
  readonly isWhole: boolean;
  readonly parts: SyncReport['parts'];
  readonly remarks?: Readonly<Record<string, string>>;
  readonly sightings: Sightings;
  /** Ids. */
  readonly removed: readonly string[];
}

interface Outcome {
  readonly source: string;
  /** `undefined` if the directory could not be read. */
  readonly found?: Found;
  /** The first of the removed entries. */
  readonly removed?: readonly MirroredEntry[];
  readonly shared?: ReadonlyMap<Mxid, readonly SourcedEntry[]>;
  readonly refusal: string | undefined;
  readonly isDryRun?: boolean | undefined;
  readonly tookMs: number;
}

export function reportOf({ source, found, removed = [], shared, refusal, isDryRun, tookMs }: Outcome): SyncReport {
  const collisions = new Sampler<SyncReport['shared']['shown'][number]>();
  for (const [mxid, entries] of shared ?? [])
    collisions.take(() => ({ mxid, labels: entries.map((entry) => labelBeside(source, entry)) }));
  return {
    source,
    isApplied: refusal === undefined && !isDryRun,
    isWhole: found?.isWhole ?? true,
    refusal,
    parts: found?.parts ?? {},
    warnings: remarksOf(found ?? {}),
    ...(found?.sightings ?? new Sightings()).samples,
    removed: { count: found?.removed.length ?? 0, shown: removed.map(labelOf) },
    shared: collisions.sample,
    tookMs,
  };
}

/** Shows as many people of a mirror as a report does, where none is new or changed. */
export async function showSome(sightings: Sightings, store: MirrorStore, source: string): Promise<void> {
  if (sightings.samples.people.count > 0) return;
  for await (const page of store.entries(source)) {
    const people = page.filter(({ person }) => person).slice(0, SHOWN);
    for (const { label, person } of people) if (person) sightings.show(label, person);
    if (people.length > 0) return;
  }
}

const labelOf = ({ label }: { readonly label: string }): string => label;
