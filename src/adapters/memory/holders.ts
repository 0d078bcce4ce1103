import type { MirroredEntry } from '../../domain/directory.js';
import { type Holder, personOf } from '../../domain/holder.js';
import type { Mxid } from '../../domain/mxid.js';

/** The holders that are recorded, for the stores that share them. */
export class Holders {
  /** By user ID, then by source and entry. */
  private readonly kept = new Map<Mxid, Map<string, Holder>>();

  all(): readonly Holder[] {
    return [...this.kept.values()].flatMap((some) => [...some.values()]);
  }

  of(mxid: Mxid): readonly Holder[] {
    return [...(this.kept.get(mxid)?.values() ?? [])];
  }

  has(mxid: Mxid, source: string, entryId: string): boolean {
    return this.kept.get(mxid)?.has(personOf(source, entryId)) ?? false;
  }

  /** Adds those that are not recorded. */
  add(holders: readonly Holder[]): void {
    for (const holder of holders) if (!this.has(holder.mxid, holder.source, holder.entryId)) this.put(holder);
  }

  put(holder: Holder): void {
    const some = this.kept.get(holder.mxid) ?? new Map<string, Holder>();
    this.kept.set(holder.mxid, some.set(personOf(holder.source, holder.entryId), holder));
  }

  remove(isGone: (holder: Holder) => boolean): void {
    for (const some of this.kept.values()) {
      for (const [key, holder] of some) if (isGone(holder)) some.delete(key);
    }
  }

  /** Records whose an entry was that a mirror removes, with the addresses in it. */
  recordRemoved(source: string, { id, person: known }: MirroredEntry): void {
    if (!known) return;
    const { mxid, threepids: addresses } = known;
    const person = personOf(source, id);
    const fresh: Holder = { source, entryId: id, mxid, person, since: undefined, leftAt: undefined, addresses };
    this.put({ ...(this.kept.get(mxid)?.get(person) ?? fresh), addresses });
  }
}
