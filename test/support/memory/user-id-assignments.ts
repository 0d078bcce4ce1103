import type { MirroredEntry } from '../../../src/domain/directory/directory-entry.js';
import { type UserIdAssignment, personOf } from '../../../src/domain/deprovisioning/user-id-assignment.js';
import type { Mxid } from '../../../src/domain/identifiers/mxid.js';

/** The recorded holders, shared by the stores. */
export class UserIdAssignments {
  /** By user ID, then by source and entry. */
  private readonly kept = new Map<Mxid, Map<string, UserIdAssignment>>();

  all(): readonly UserIdAssignment[] {
    return [...this.kept.values()].flatMap((records) => [...records.values()]);
  }

  of(mxid: Mxid): readonly UserIdAssignment[] {
    return [...(this.kept.get(mxid)?.values() ?? [])];
  }

  has(mxid: Mxid, source: string, entryId: string): boolean {
    return this.kept.get(mxid)?.has(personOf(source, entryId)) ?? false;
  }

  /** Adds the assignments that are not recorded yet. */
  add(assignments: readonly UserIdAssignment[]): void {
    for (const assignment of assignments)
      if (!this.has(assignment.mxid, assignment.source, assignment.entryId)) this.put(assignment);
  }

  put(assignment: UserIdAssignment): void {
    const records = this.kept.get(assignment.mxid) ?? new Map<string, UserIdAssignment>();
    this.kept.set(assignment.mxid, records.set(personOf(assignment.source, assignment.entryId), assignment));
  }

  remove(isGone: (assignment: UserIdAssignment) => boolean): void {
    for (const records of this.kept.values()) {
      for (const [key, assignment] of records) if (isGone(assignment)) records.delete(key);
    }
  }

  /** Records the user ID and the addresses of an entry that a mirror removes. */
  recordRemoved(source: string, { id, person: known }: MirroredEntry): void {
    if (!known) return;
    const { mxid, threepids: addresses } = known;
    const person = personOf(source, id);
    const fresh: UserIdAssignment = {
      source,
      entryId: id,
      mxid,
      person,
      since: undefined,
      leftAt: undefined,
      addresses,
    };
    this.put({ ...(this.kept.get(mxid)?.get(person) ?? fresh), addresses });
  }
}
