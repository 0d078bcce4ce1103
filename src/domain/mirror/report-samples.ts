import type { SkipReason, MirroredEntry, Person } from '../directory/directory-entry.js';
import type { Mxid } from '../identifiers/mxid.js';

/** How many examples of each kind a report shows. */
export const SHOWN = 10;

export interface Sample<T> {
  readonly count: number;
  readonly shown: readonly T[];
}

/** Examples of new and changed entries in a report. */
export interface Samples {
  readonly added: Sample<string>;
  readonly changed: Sample<string>;
  /** New and changed people with their user IDs. If there are none, a dry run shows some of the others. */
  readonly people: Sample<{ readonly label: string; readonly mxid: Mxid; readonly threepids: number }>;
  /**
   * New and changed entries, or all if requested, that are skipped completely or in part, and all entries whose ids are
   * not unique.
   */
  readonly skipped: Sample<{ readonly label: string; readonly reasons: readonly SkipReason[] }>;
}

/** Collects samples entry by entry: there may be a million. */
export class ReportSamples {
  private readonly added = new Sampler<string>();
  private readonly changed = new Sampler<string>();
  private readonly people = new Sampler<Samples['people']['shown'][number]>();
  private readonly skipped = new Sampler<Samples['skipped']['shown'][number]>();

  /** Whether any entry so far has an address. */
  hasAddresses = false;

  take({ label, person, skipped }: MirroredEntry, isNew: boolean): void {
    this.hasAddresses ||= (person?.threepids.length ?? 0) > 0;
    (isNew ? this.added : this.changed).take(() => label);
    if (person) this.show(label, person);
    if (skipped.length > 0) this.leave(label, skipped);
  }

  leave(label: string, reasons: readonly SkipReason[]): void {
    this.skipped.take(() => ({ label, reasons }));
  }

  show(label: string, { mxid, threepids }: Person): void {
    this.people.take(() => ({ label, mxid, threepids: threepids.length }));
  }

  get samples(): Samples {
    const { added, changed, people, skipped } = this;
    return { added: added.sample, changed: changed.sample, people: people.sample, skipped: skipped.sample };
  }
}

/** Counts items and keeps the first ones. */
export class Sampler<T> {
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
