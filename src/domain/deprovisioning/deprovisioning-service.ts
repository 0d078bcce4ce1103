import type { Clock } from '../../ports/clock.js';
import type { DeprovisioningResult, UserIdAssignmentStore } from '../../ports/user-id-assignment-store.js';
import type { MirrorStore } from '../../ports/mirror-store.js';
import type { Telemetry } from '../../ports/telemetry.js';
import type { Suspension } from '../associations/binding.js';
import type { SourcedEntry } from '../directory/directory-entry.js';
import { groupBy } from '../shared/group-by.js';
import {
  earliest,
  type UserIdAssignment,
  isAssignedTo,
  type AssignmentRules,
  newHolders,
} from './user-id-assignment.js';
import type { IndexUpdater } from '../hash-index/index-updater.js';
import type { MirroredDirectory } from '../mirror/mirror-service.js';
import type { Mxid } from '../identifiers/mxid.js';
import { keyOf, sameThreepid, type Threepid } from '../identifiers/threepid.js';

/**
 * If more than half of a directory's people have new ids, and at least this many (or all people of a smaller
 * directory), the directory has changed its ids.
 */
const RENUMBERED = 10;
/** Directories with fewer people are too small for this conclusion. */
const FEWEST = 3;

/** What the directories know about the person behind a user ID. */
export type DirectoryStatus =
  /** No directory has ever contained this user: a guest, a bot, a user of another organisation. */
  | { readonly kind: 'unknown' }
  /** A directory contained this user and no longer does. */
  | { readonly kind: 'departed'; readonly source: string }
  /** `since`: from when the user ID belongs to this person, ms since the epoch; `undefined` if nobody else had it */
  | { readonly kind: 'active'; readonly person: string; readonly since: number | undefined };

/** A user who has left, and since when. */
export interface FormerUser extends Suspension {
  readonly mxid: Mxid;
}

export interface DeprovisioningDependencies {
  readonly store: UserIdAssignmentStore;
  readonly mirrors: MirrorStore;
  readonly indexUpdater: IndexUpdater;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/**
 * Distinguishes people from user IDs. Directories reuse user IDs, so the data of a user on this server belongs to the
 * directory entry behind the user ID, identified by its stable id. The data is suspended while the entry is missing,
 * and never passes to the next person with the user ID. Users who were never in a directory are not affected.
 */
export class DeprovisioningService {
  private readonly authoritativeSources: readonly string[];
  private readonly naming: AssignmentRules;

  constructor(
    private readonly deps: DeprovisioningDependencies,
    mirrored: readonly MirroredDirectory[],
  ) {
    const people = mirrored.flatMap(({ directory }) => (directory.hasStableIds ? directory : []));
    this.authoritativeSources = people.map(({ name }) => name);
    const derivedIdSources = new Set(people.flatMap(({ name, derivesUserIds }) => (derivesUserIds ? name : [])));
    this.naming = { authoritativeSources: this.authoritativeSources, derivedIdSources };
  }

  /** Records the people behind users who have data on this server. Call it before and after a mirror changes. */
  async recordAssignments(source: string): Promise<void> {
    if (!this.authoritativeSources.includes(source)) return;
    await this.recordNew(source, false);
    await this.deps.store.assignBindings();
  }

  /** Applies the consequences of a mirror update: who has left, who is back, and the effects on their data. */
  async reconcile(source: string): Promise<DeprovisioningResult> {
    if (!this.authoritativeSources.includes(source)) {
      await this.deps.store.forget(source);
      return { departed: 0, returned: 0, suspended: 0, resumed: 0 };
    }
    const succeeded = await this.deps.store.countReassigned(source);
    const idsChanged = succeeded >= FEWEST && isMostOf(succeeded, await this.size(source));
    if (idsChanged) {
      const facts = { event: 'directory_ids_changed', source, people: succeeded };
      this.deps.telemetry.warn('ids of the entries changed: people are recognised by their user ID', facts);
    }
    await this.recordNew(source, idsChanged);
    await this.deps.store.takeOverFrom(source, this.authoritativeSources, this.deps.clock.now());
    await this.deps.store.assignBindings();
    const departures = await this.deps.store.reconcile(source, this.authoritativeSources, this.deps.clock.now());
    if (departures.suspended + departures.resumed > 0) await this.deps.indexUpdater.catchUp();
    this.log(source, departures);
    return departures;
  }

  async directoryStatus(mxid: Mxid): Promise<DirectoryStatus> {
    const known = await this.known(mxid);
    const last = known.at(-1);
    if (!last) return { kind: 'unknown' };
    const active = await this.active(mxid, known);
    return active
      ? { kind: 'active', person: active.person, since: active.since }
      : { kind: 'departed', source: last.source };
  }

  /**
   * Returns a function that decides, by the time at which something was stored for an address (ms since the epoch),
   * whether it is meant for the current holder of this user ID. It is not if another person had both the address and
   * the user ID at that time. Nothing applies while the last holder has left and nobody has the user ID.
   */
  async appliesTo(threepid: Threepid, mxid: Mxid): Promise<(storedAt: number) => boolean> {
    const known = await this.known(mxid);
    if (known.length === 0) return () => true;
    const active = await this.active(mxid, known);
    if (!active) return () => false;
    const others = known.filter(
      ({ person, addresses }) =>
        person !== active.person && addresses.some((address) => sameThreepid(address, threepid)),
    );
    return (storedAt) => storedAt >= (active.since ?? 0) || others.every(({ since = 0 }) => storedAt < since);
  }

  /** The former owners of these addresses, by `keyOf`, among the people who have left the directories. */
  async formerOwners(threepids: readonly Threepid[]): Promise<ReadonlyMap<string, FormerUser>> {
    const wanted = new Set(threepids.map(keyOf));
    const owners = new Map<string, FormerUser>();
    if (wanted.size === 0) return owners;
    for await (const page of this.deps.store.departed()) {
      for (const { source, mxid, leftAt = 0, addresses } of page) {
        if (!this.authoritativeSources.includes(source)) continue;
        for (const key of addresses.map(keyOf)) if (wanted.has(key)) owners.set(key, { mxid, source, since: leftAt });
      }
    }
    return owners;
  }

  private async recordNew(source: string, idsChanged: boolean): Promise<void> {
    const now = this.deps.clock.now();
    const isFirstSync = (await this.deps.mirrors.state(source))?.isFirst ?? false;
    for (;;) {
      const found = await this.deps.store.missingAssignments(source);
      const mxids = [...new Set(found.flatMap(({ person }) => person?.mxid ?? []))];
      const known = groupBy(await this.deps.store.find(mxids), ({ mxid }) => mxid);
      const entries = groupBy(await this.entriesOf(mxids), ({ person }) => person?.mxid);
      const assignments = mxids.flatMap((mxid) =>
        newHolders(mxid, entries.get(mxid) ?? [], known.get(mxid) ?? [], this.naming, {
          idsChanged,
          isFirstSync,
          now,
        }),
      );
      if (assignments.length === 0) return;
      await this.deps.store.add(assignments);
    }
  }

  private async known(mxid: Mxid): Promise<readonly UserIdAssignment[]> {
    if (this.authoritativeSources.length === 0) return [];
    return (await this.deps.store.find([mxid])).filter(({ source }) => this.authoritativeSources.includes(source));
  }

  /** The current holder of the user ID according to the stored mirrors: a sync may just have changed them. */
  private async active(mxid: Mxid, known: readonly UserIdAssignment[]): Promise<UserIdAssignment | undefined> {
    const entries = await this.entriesOf([mxid]);
    const active = known.filter((assignment) => entries.some((entry) => isAssignedTo(assignment, entry)));
    return earliest([...active, ...newHolders(mxid, entries, known, this.naming, { now: this.deps.clock.now() })]);
  }

  private async size(source: string): Promise<number> {
    const { bases = {} } = (await this.deps.mirrors.state(source)) ?? {};
    return Object.values(bases).reduce((sum, count) => sum + count, 0);
  }

  private async entriesOf(mxids: readonly Mxid[]): Promise<readonly SourcedEntry[]> {
    return (await this.deps.mirrors.findByMxid(mxids)).filter(({ source }) =>
      this.authoritativeSources.includes(source),
    );
  }

  private log(source: string, { departed, returned, suspended, resumed }: DeprovisioningResult): void {
    if (departed + returned + suspended + resumed === 0) return;
    const facts = { event: 'people_departed_or_returned', source, departed, returned, suspended, resumed };
    this.deps.telemetry.info('people left the directory or returned', facts);
    this.deps.telemetry.count('bindings_suspended', { source }, suspended);
    this.deps.telemetry.count('bindings_resumed', { source }, resumed);
  }
}

const isMostOf = (part: number, all: number): boolean => part > all / 2 && part >= Math.min(RENUMBERED, all);
