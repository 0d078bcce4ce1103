import type { MirrorDraft, MirrorStore } from '../ports/mirror-store.js';
import type { DirectoryEntry, MirroredEntry } from './directory.js';
import type { Mxid } from './mxid.js';
import { Sightings } from './sightings.js';

export type Gathered = Pick<Differences, 'put' | 'bare' | 'moved' | 'repeated' | 'sightings'>;

/** How entries of a directory differ from what is mirrored of them, gathered one by one. */
export class Differences {
  /** Entries that are new or changed. */
  readonly put: MirrorDraft;
  /** Ids of changed entries that have no address now. */
  readonly bare: string[] = [];
  /** How many entries of each part are in another part now. */
  readonly moved: Record<string, number> = {};
  /** User IDs that more than one of the new and changed entries has. */
  readonly repeated = new Set<Mxid>();
  readonly sightings = new Sightings();
  private readonly names = new Set<Mxid>();

  constructor(private readonly store: MirrorStore) {
    this.put = store.draft();
  }

  /**
   * Takes in an entry; one with a known stamp is not even understood.
   *
   * @param before what is mirrored of it; `undefined` for a new one
   */
  take(entry: DirectoryEntry, part: string, before: Pick<MirroredEntry, 'stamp' | 'part'> | undefined): void {
    const { id, label, stamp } = entry;
    if (before?.stamp === stamp && before.part === part) return;
    if (before && before.part !== part) this.moved[before.part] = (this.moved[before.part] ?? 0) + 1;
    const { person, leftOut } = entry.read();
    const now = { id, label, stamp, part, person, leftOut };
    this.put.add(now);
    this.sightings.take(now, before === undefined);
    if (before && !person?.threepids.length) this.bare.push(id);
    if (person) (this.names.has(person.mxid) ? this.repeated : this.names).add(person.mxid);
  }

  /** What was gathered. */
  get gathered(): Gathered {
    const { put, bare, moved, repeated, sightings } = this;
    return { put, bare, moved, repeated, sightings };
  }

  /**
   * The same without the entries of ids that are not one entry's own, which are sighted as left out.
   *
   * @param known what is mirrored, by id
   */
  without(
    ambiguous: ReadonlyMap<string, readonly Pick<MirroredEntry, 'label'>[]>,
    known: ReadonlyMap<string, Pick<MirroredEntry, 'stamp' | 'part'>>,
  ): Differences {
    if (ambiguous.size === 0) return this;
    const rest = new Differences(this.store);
    for (const page of this.put.pages()) {
      for (const one of page)
        if (!ambiguous.has(one.id)) rest.take({ ...one, read: () => one }, one.part, known.get(one.id));
    }
    for (const [id, entries] of ambiguous) {
      for (const { label } of entries) rest.sightings.leave(label, [`its id ${id} is another entry's, too`]);
    }
    return rest;
  }
}
