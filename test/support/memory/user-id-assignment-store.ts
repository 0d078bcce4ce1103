import { BINDINGS } from '../../../src/domain/associations/binding.js';
import type { SourcedEntry } from '../../../src/domain/directory/directory-entry.js';
import type { Claim } from '../../../src/domain/associations/claim.js';
import {
  earliest,
  type UserIdAssignment,
  planSuspensions,
  type OwnedBinding,
  sinceReturn,
  withAddresses,
} from '../../../src/domain/deprovisioning/user-id-assignment.js';
import type { Mxid } from '../../../src/domain/identifiers/mxid.js';
import type { DeprovisioningResult, UserIdAssignmentStore } from '../../../src/ports/user-id-assignment-store.js';
import type { MemoryAccountStore } from './account-store.js';
import type { MemoryAssociationStore } from './association-store.js';
import type { MemoryChangeFeed } from './change-feed.js';
import type { UserIdAssignments } from './user-id-assignments.js';
import type { MemoryMirrorStore } from './mirror-store.js';
import { pagesOf } from './chunks.js';
import type { MemoryTermsStore } from './terms-store.js';

interface RelatedStores {
  readonly feed: MemoryChangeFeed;
  readonly associations: MemoryAssociationStore;
  readonly mirrors: MemoryMirrorStore;
  readonly accounts: MemoryAccountStore;
  readonly terms: MemoryTermsStore;
}

export class MemoryUserIdAssignmentStore implements UserIdAssignmentStore {
  constructor(
    private readonly assignments: UserIdAssignments,
    private readonly relatedStores: RelatedStores,
  ) {}

  async find(mxids: readonly Mxid[]): Promise<readonly UserIdAssignment[]> {
    return [...new Set(mxids)].flatMap((mxid) => this.of(mxid)).sort(byTime);
  }

  async missingAssignments(source: string): Promise<readonly SourcedEntry[]> {
    const { associations, accounts } = this.relatedStores;
    const names = new Set([
      ...associations.owned().map(({ binding }) => binding.mxid),
      ...accounts.users(),
      ...this.assignments.all().map(({ mxid }) => mxid),
    ]);
    return this.relatedStores.mirrors
      .allEntries()
      .filter(({ source: other, id, person }) => {
        return other === source && person && names.has(person.mxid) && !this.assignments.has(person.mxid, source, id);
      })
      .slice(0, 1_000);
  }

  async add(assignments: readonly UserIdAssignment[]): Promise<void> {
    this.assignments.add(assignments);
    this.revokeBefore(assignments);
  }

  async assignBindings(): Promise<void> {
    for (const owned of this.relatedStores.associations.owned()) {
      if (owned.person !== undefined) continue;
      const active = this.of(owned.binding.mxid).filter(({ leftAt }) => leftAt === undefined);
      const person = earliest(active)?.person;
      if (person !== undefined) this.relatedStores.associations.keep({ ...owned, person });
    }
  }

  async countReassigned(source: string): Promise<number> {
    const hasEntry = this.entriesOf(source);
    const names = new Set(
      this.relatedStores.mirrors
        .allEntries()
        .flatMap(({ source: other, person }) => (other === source ? (person?.mxid ?? []) : [])),
    );
    return this.activeIn(source).filter((assignment) => !hasEntry(assignment) && names.has(assignment.mxid)).length;
  }

  async reconcile(
    source: string,
    authoritativeSources: readonly string[],
    time: number,
  ): Promise<DeprovisioningResult> {
    const { associations, accounts } = this.relatedStores;
    const hasEntry = this.entriesOf(source);
    const gone = this.activeIn(source).filter((assignment) => !hasEntry(assignment));
    const back = this.assignments
      .all()
      .filter((assignment) => assignment.source === source && assignment.leftAt !== undefined && hasEntry(assignment));
    for (const assignment of gone) this.assignments.put({ ...assignment, leftAt: time });
    const returned = back.map(
      (assignment): UserIdAssignment => ({
        ...assignment,
        since: sinceReturn(assignment, this.of(assignment.mxid), time),
        leftAt: undefined,
        addresses: [],
      }),
    );
    for (const assignment of returned) this.assignments.put(assignment);

    const { suspended, resumed } = planSuspensions(associations.owned(), this.assignments.all(), authoritativeSources);
    for (const { binding, person, suspension } of suspended) {
      associations.keep({ binding: { ...binding, suspended: suspension }, person });
    }
    for (const assignment of withAddresses(this.assignments.all(), suspended)) this.assignments.put(assignment);
    for (const owned of resumed) {
      const { suspended: _suspension, ...binding } = owned.binding;
      associations.keep({ ...owned, binding });
    }
    if (suspended.length + resumed.length > 0) {
      const claims = { removed: suspended.map(claimOf), added: resumed.map(claimOf) };
      this.relatedStores.feed.write([{ source: BINDINGS, ...claims, isReload: false }]);
    }

    const left = new Set(
      gone.filter((assignment) => !this.isHere(assignment, authoritativeSources)).map(({ mxid }) => mxid),
    );
    for (const mxid of left) accounts.revokeBefore(mxid, Infinity);
    this.revokeBefore(returned);
    return {
      departed: left.size,
      returned: new Set(back.map(({ mxid }) => mxid)).size,
      suspended: suspended.length,
      resumed: resumed.length,
    };
  }

  departed(): AsyncIterable<readonly UserIdAssignment[]> {
    return pagesOf(this.assignments.all().filter(({ leftAt }) => leftAt !== undefined));
  }

  async takeOverFrom(source: string, authoritativeSources: readonly string[], time: number): Promise<void> {
    const other = ({ mxid }: UserIdAssignment) => this.of(mxid).filter((record) => record.source === source);
    const former = this.assignments.all().filter((assignment) => !authoritativeSources.includes(assignment.source));
    const continued = former.filter((assignment) =>
      other(assignment).some(({ person, entryId }) => person === assignment.person || entryId === assignment.entryId),
    );
    const replaced = former.filter(
      (assignment) => !continued.includes(assignment) && other(assignment).some(({ leftAt }) => leftAt === undefined),
    );
    const kept = new Set([...continued, ...replaced]);
    this.assignments.remove((assignment) => kept.has(assignment));
    this.assignments.add(replaced.map((assignment) => ({ ...assignment, source, leftAt: assignment.leftAt ?? time })));
  }

  async removeDeparted(
    assignments: readonly UserIdAssignment[],
    time: number,
  ): Promise<{ readonly people: number; readonly bindings: number }> {
    const { associations, accounts, terms } = this.relatedStores;
    const signedIn = new Set(accounts.users());
    const owned = associations.owned();
    const former = assignments.filter(({ mxid, person }) => {
      const records = this.of(mxid).filter((record) => record.person === person);
      const isGone = records.length > 0 && records.every(({ leftAt }) => (leftAt ?? Infinity) < time);
      const isBound = owned.some(
        (record) =>
          record.binding.mxid === mxid &&
          (record.person === undefined || (record.person === person && record.binding.suspended === undefined)),
      );
      return isGone && !isBound && !signedIn.has(mxid);
    });
    const isFormer = (mxid: Mxid, person: string | undefined) =>
      former.some((record) => record.mxid === mxid && record.person === person);
    const bindings = owned.filter(({ binding, person }) => binding.suspended && isFormer(binding.mxid, person));
    for (const bound of bindings) associations.drop(bound);
    this.assignments.remove((record) => isFormer(record.mxid, record.person));
    for (const { mxid } of former) if (this.of(mxid).length === 0) terms.forget(mxid);
    return { people: former.length, bindings: bindings.length };
  }

  async forget(source: string): Promise<void> {
    this.assignments.remove((assignment) => assignment.source === source);
  }

  private revokeBefore(assignments: readonly UserIdAssignment[]): void {
    for (const { mxid, since } of assignments) {
      if (since === undefined) continue;
      this.relatedStores.accounts.revokeBefore(mxid, since);
      this.relatedStores.terms.revokeBefore(mxid, since);
    }
  }

  private isHere({ mxid, person }: UserIdAssignment, authoritativeSources: readonly string[]): boolean {
    return this.of(mxid).some(
      (record) =>
        record.person === person && record.leftAt === undefined && authoritativeSources.includes(record.source),
    );
  }

  private activeIn(source: string): readonly UserIdAssignment[] {
    return this.assignments
      .all()
      .filter((assignment) => assignment.source === source && assignment.leftAt === undefined);
  }

  private of(mxid: Mxid): readonly UserIdAssignment[] {
    return this.assignments.of(mxid).toSorted(byTime);
  }

  /** Whether a holder has an entry in this mirror under this name. */
  private entriesOf(source: string): (assignment: UserIdAssignment) => boolean {
    const all = this.relatedStores.mirrors.allEntries().filter((entry) => entry.source === source);
    const names = new Map(all.map(({ id, person }) => [id, person?.mxid]));
    return ({ entryId, mxid }) => names.get(entryId) === mxid;
  }
}

const byTime = (a: UserIdAssignment, b: UserIdAssignment): number => (a.since ?? 0) - (b.since ?? 0);

const claimOf = ({ binding: { threepid, mxid } }: OwnedBinding): Claim => ({ threepid, mxid });
