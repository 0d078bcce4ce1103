import type { EntryBuffer, MirrorStore } from '../../ports/mirror-store.js';
import type { DirectoryEntry, MirroredEntry } from '../directory/directory-entry.js';
import type { Mxid } from '../identifiers/mxid.js';
import { ReportSamples } from './report-samples.js';

export type Gathered = Pick<EntryDiff, 'upserts' | 'withoutAddresses' | 'moved' | 'duplicateUserIds' | 'reportSamples'>;

/** The differences between entries of a directory and their mirrored state, collected one by one. */
export class EntryDiff {
  /** Entries that are new or changed. */
  readonly upserts: EntryBuffer;
  /** Ids of changed entries that no longer have an address. */
  readonly withoutAddresses: string[] = [];
  /** For each part, how many of its entries moved to another part. */
  readonly moved: Record<string, number> = {};
  /** User IDs of more than one new or changed entry. */
  readonly duplicateUserIds = new Set<Mxid>();
  readonly reportSamples = new ReportSamples();
  private readonly names = new Set<Mxid>();

  constructor(private readonly store: MirrorStore) {
    this.upserts = store.draft();
  }

  /**
   * Adds an entry. An entry with an unchanged digest is not parsed.
   *
   * @param before its mirrored state; `undefined` for a new entry
   */
  take(entry: DirectoryEntry, base: string, before: Pick<MirroredEntry, 'digest' | 'base'> | undefined): void {
    const { id, label, digest } = entry;
    if (before?.digest === digest && before.base === base) return;
    if (before && before.base !== base) this.moved[before.base] = (this.moved[before.base] ?? 0) + 1;
    const { person, skipped, withheld = [] } = entry.parse();
    const mirrored = { id, label, digest, base, person, skipped, ...(withheld.length > 0 && { withheld }) };
    this.upserts.add(mirrored);
    this.reportSamples.take(mirrored, before === undefined);
    if (before && !person?.threepids.length) this.withoutAddresses.push(id);
    if (person) (this.names.has(person.mxid) ? this.duplicateUserIds : this.names).add(person.mxid);
  }

  get gathered(): Gathered {
    const { upserts, withoutAddresses, moved, duplicateUserIds, reportSamples } = this;
    return { upserts, withoutAddresses, moved, duplicateUserIds, reportSamples };
  }

  /**
   * The same without entries whose ids are not unique; these are reported as skipped.
   *
   * @param known the mirrored entries, by id
   */
  without(
    ambiguous: ReadonlyMap<string, readonly Pick<MirroredEntry, 'label'>[]>,
    known: ReadonlyMap<string, Pick<MirroredEntry, 'digest' | 'base'>>,
  ): EntryDiff {
    if (ambiguous.size === 0) return this;
    const rest = new EntryDiff(this.store);
    for (const page of this.upserts.pages()) {
      for (const entry of page)
        if (!ambiguous.has(entry.id)) rest.take({ ...entry, parse: () => entry }, entry.base, known.get(entry.id));
    }
    for (const [id, entries] of ambiguous) {
      for (const { label } of entries) rest.reportSamples.leave(label, [`another entry has the same id ${id}`]);
    }
    return rest;
  }
}
