import type { EntryBuffer, MirrorStore } from '../../ports/mirror-store.js';
import type { DirectoryEntry, MirroredEntry } from '../directory/directory-entry.js';
import type { Mxid } from '../identifiers/mxid.js';
import { ReportSamples } from './report-samples.js';

export type Gathered = Pick<EntryDiff, 'upserts' | 'withoutAddresses' | 'moved' | 'duplicateUserIds' | 'reportSamples'>;

/** How entries of a directory differ from what is mirrored of them, gathered one by one. */
export class EntryDiff {
  /** Entries that are new or changed. */
  readonly upserts: EntryBuffer;
  /** Ids of changed entries that have no address now. */
  readonly withoutAddresses: string[] = [];
  /** How many entries of each part are in another part now. */
  readonly moved: Record<string, number> = {};
  /** User IDs that more than one of the new and changed entries has. */
  readonly duplicateUserIds = new Set<Mxid>();
  readonly reportSamples = new ReportSamples();
  private readonly names = new Set<Mxid>();

  constructor(private readonly store: MirrorStore) {
    this.upserts = store.draft();
  }

  /**
   * Takes in an entry; one with a known stamp is not even understood.
   *
   * @param before what is mirrored of it; `undefined` for a new one
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

  /** What was gathered. */
  get gathered(): Gathered {
    const { upserts, withoutAddresses, moved, duplicateUserIds, reportSamples } = this;
    return { upserts, withoutAddresses, moved, duplicateUserIds, reportSamples };
  }

  /**
   * The same without the entries of ids that are not one entry's own, which are sighted as left out.
   *
   * @param known what is mirrored, by id
   */
  without(
    ambiguous: ReadonlyMap<string, readonly Pick<MirroredEntry, 'label'>[]>,
    known: ReadonlyMap<string, Pick<MirroredEntry, 'digest' | 'base'>>,
  ): EntryDiff {
    if (ambiguous.size === 0) return this;
    const rest = new EntryDiff(this.store);
    for (const page of this.upserts.pages()) {
      for (const one of page)
        if (!ambiguous.has(one.id)) rest.take({ ...one, parse: () => one }, one.base, known.get(one.id));
    }
    for (const [id, entries] of ambiguous) {
      for (const { label } of entries) rest.reportSamples.leave(label, [`its id ${id} is another entry's, too`]);
    }
    return rest;
  }
}
