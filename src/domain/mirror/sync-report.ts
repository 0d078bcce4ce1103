import type { MirrorStore } from '../../ports/mirror-store.js';
import type { MirroredEntry, SourcedEntry } from '../directory/directory-entry.js';
import { warningsOf } from './sync-guard.js';
import type { Mxid } from '../identifiers/mxid.js';
import { qualifiedLabel } from './user-id-collisions.js';
import { SHOWN, type Sample, Sampler, type Samples, ReportSamples } from './report-samples.js';

/** The result of a sync for people to read: numbers, and up to ten examples of each kind by label. */
export interface SyncReport extends Samples {
  readonly source: string;
  readonly isApplied: boolean;
  /** Whether it was a full sync, not an incremental one. */
  readonly isFull: boolean;
  /** Why it was not, or would not be, applied. */
  readonly refusal: string | undefined;
  readonly bases: Readonly<Record<string, number>>;
  /** Warnings about parts: without entries, or with entries that have the same id. */
  readonly warnings: readonly string[];
  readonly removed: Sample<string>;
  /** User IDs that two people would get. */
  readonly shared: Sample<{ readonly mxid: Mxid; readonly labels: readonly string[] }>;
  readonly tookMs: number;
}

interface Found {
  readonly isFull: boolean;
  readonly bases: SyncReport['bases'];
  readonly warnings?: Readonly<Record<string, string>>;
  readonly reportSamples: ReportSamples;
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
    collisions.take(() => ({ mxid, labels: entries.map((entry) => qualifiedLabel(source, entry)) }));
  return {
    source,
    isApplied: refusal === undefined && !isDryRun,
    isFull: found?.isFull ?? true,
    refusal,
    bases: found?.bases ?? {},
    warnings: warningsOf(found ?? {}),
    ...(found?.reportSamples ?? new ReportSamples()).samples,
    removed: { count: found?.removed.length ?? 0, shown: removed.map(labelOf) },
    shared: collisions.sample,
    tookMs,
  };
}

/** Adds some people of the mirror as examples if there are no new or changed people. */
export async function showSome(reportSamples: ReportSamples, store: MirrorStore, source: string): Promise<void> {
  if (reportSamples.samples.people.count > 0) return;
  for await (const page of store.entries(source)) {
    const people = page.filter(({ person }) => person).slice(0, SHOWN);
    for (const { label, person } of people) if (person) reportSamples.show(label, person);
    if (people.length > 0) return;
  }
}

const labelOf = ({ label }: { readonly label: string }): string => label;
