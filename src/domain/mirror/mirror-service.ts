import type { Clock } from '../../ports/clock.js';
import type { Directory } from '../../ports/directory.js';
import type { ClaimReader } from '../../ports/hash-index.js';
import type { MirrorStore } from '../../ports/mirror-store.js';
import type { Telemetry } from '../../ports/telemetry.js';
import type { Association } from '../associations/association.js';
import type { SourcedEntry } from '../directory/directory-entry.js';
import type { MirrorState } from '../directory/mirror-state.js';
import { rejectionReason } from './sync-guard.js';
import { ShutdownError } from '../shared/errors.js';
import { serialQueues } from '../shared/serial-queue.js';
import type { IndexUpdater } from '../hash-index/index-updater.js';
import { diffSince } from './incremental-sync.js';
import { diffAll, type DirectoryDiff } from './full-sync.js';
import { addUnchangedProblems } from './unchanged-problems.js';
import { changesOf } from './claim-changes.js';
import type { Mxid } from '../identifiers/mxid.js';
import { entriesOfOthers, listedClaims, userIdCollisions } from './user-id-collisions.js';
import { stateAfter } from './state-after.js';
import { reportOf, showSome, type SyncReport } from './sync-report.js';
import type { Threepid } from '../identifiers/threepid.js';
import { errorText } from '../shared/error-text.js';

/** With more changed entries than this, sources are reloaded instead of applying each claim change. */
const MAX_CLAIM_CHANGES = 5_000;

export interface MirroredDirectory {
  readonly directory: Directory;
  /** The maximum share of entries, 0 to 1, that may be missing; otherwise a listing is rejected. */
  readonly maxShrink: number;
}

export interface SyncOptions {
  /** Only reports, applies nothing. */
  readonly isDryRun?: boolean;
  /** Also applies changes that the guards reject. */
  readonly isForced?: boolean;
  /** Also reports problems of unchanged entries; reads the whole mirror. */
  readonly isExplained?: boolean;
  /** Requests only changes, if the directory supports it. */
  readonly isIncremental?: boolean;
  readonly onProgress?: (listed: number) => void;
}

const NO_CLAIMS = { removed: [], added: [], isReload: false } as const;

const NEVER: MirrorState = { syncedAt: undefined, attemptedAt: undefined, bases: {}, failure: undefined };

export interface MirrorDependencies {
  readonly store: MirrorStore;
  readonly indexUpdater: IndexUpdater;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** Maintains a copy of each directory: lists it, compares it, checks the changes, and applies them. */
export class MirrorService {
  private readonly mirrored: ReadonlyMap<string, MirroredDirectory>;
  private readonly derivedIdSources: ReadonlySet<string>;
  private readonly keepsNames: boolean;
  private readonly inTurn = serialQueues();

  constructor(
    private readonly deps: MirrorDependencies,
    mirrored: readonly MirroredDirectory[],
  ) {
    this.mirrored = new Map(mirrored.map((mirror) => [mirror.directory.name, mirror]));
    this.derivedIdSources = derivedIdSourcesOf(mirrored);
    this.keepsNames = mirrored.some(({ directory }) => directory.keepsNames);
  }

  get sources(): readonly string[] {
    return [...this.mirrored.keys()];
  }

  async state(source: string): Promise<MirrorState> {
    return (await this.deps.store.state(source)) ?? NEVER;
  }

  /** The user IDs that two people would get, and the entries of these people. */
  async shared(): Promise<ReadonlyMap<Mxid, readonly SourcedEntry[]>> {
    return userIdCollisions(
      await this.deps.store.findByMxid(await this.deps.store.repeatedMxids()),
      this.derivedIdSources,
    );
  }

  /**
   * Those of these user IDs that a source must not return because they are shared: none if the source stores user IDs.
   *
   * @param found the current findings of the source: it may know a person who is not in the mirror yet
   */
  async sharedIn(
    source: string,
    mxids: readonly Mxid[],
    found: readonly Association[] = [],
  ): Promise<ReadonlyMap<Mxid, readonly SourcedEntry[]>> {
    if (!this.derivedIdSources.has(source)) return new Map();
    return userIdCollisions(await entriesOfOthers(source, mxids, found, this.deps.store), this.derivedIdSources);
  }

  /** Whether an incremental sync is possible: the directory supports it, and there is a cursor. */
  async supportsIncremental(source: string): Promise<boolean> {
    const canSyncChanges = this.mirrored.get(source)?.directory.changes !== undefined;
    return canSyncChanges && (await this.state(source)).syncCursor !== undefined;
  }

  /**
   * Lists a directory and applies the changes. Only one sync of a directory runs at a time. If a directory cannot be
   * read, or its listing is rejected, the last good copy is kept: the report, the mirror's state, the log and a counter
   * give the reason.
   *
   * @throws if there is no mirrored source with this name
   */
  async sync(source: string, options: SyncOptions = {}): Promise<SyncReport> {
    const mirrored = this.mirrored.get(source);
    if (!mirrored) throw new Error(`there is no mirrored source ${source}; there are: ${this.sources.join(', ')}`);
    return this.inTurn(`sync of ${source}`, async () => {
      const report = await this.syncNow(mirrored, options);
      if (!options.isDryRun) this.deps.telemetry.observe('sync_duration_seconds', report.tookMs / 1000, { source });
      return report;
    });
  }

  /**
   * Removes the copy of a directory that is no longer configured.
   *
   * @returns how many entries it had
   * @throws if a mirrored source has this name: the next sync would create the copy again
   */
  async forget(source: string): Promise<number> {
    if (this.mirrored.has(source)) throw new Error(`${source} is a configured source, so its copy is in use`);
    const entries = await this.deps.store.remove(source);
    this.deps.telemetry.info('mirror of a former source removed', { event: 'mirror_forgotten', source, entries });
    return entries;
  }

  private async syncNow({ directory, maxShrink }: MirroredDirectory, options: SyncOptions): Promise<SyncReport> {
    const source = directory.name;
    const startedAt = this.deps.clock.now();
    const before = await this.state(source);
    let listing: DirectoryDiff;
    try {
      const ownerOf = (threepid: Threepid) => this.deps.indexUpdater.ownerOf(source, threepid);
      const changes = options.isIncremental ? await diffSince(directory, this.deps.store, before, ownerOf) : undefined;
      listing = changes ?? (await diffAll(directory, this.deps.store, options.onProgress));
    } catch (cause) {
      // A shutdown does not mean that the directory failed.
      if (cause instanceof ShutdownError) throw cause;
      const reason = errorText(cause);
      const ofChanges = options.isIncremental && before.syncCursor !== undefined;
      const failure = { at: startedAt, reason, ...(ofChanges && { isIncremental: true as const }) };
      if (!options.isDryRun) await this.fail(source, before, failure, cause);
      return reportOf({ source, refusal: reason, tookMs: this.deps.clock.now() - startedAt });
    }

    const refusal = options.isForced
      ? undefined
      : await rejectionReason(source, before, listing, this.deps.store, maxShrink);
    const removed = await this.deps.store.get(source, listing.removed.slice(0, 10));
    let shared: ReadonlyMap<Mxid, readonly SourcedEntry[]>;
    if (options.isDryRun || refusal !== undefined) {
      ({ shared } = await changesOf(source, listing, this.deps.store, this.derivedIdSources));
      if (!options.isDryRun && refusal !== undefined) {
        const ofChanges = !listing.isFull && { isIncremental: true as const };
        await this.fail(source, before, { at: startedAt, reason: refusal, isRejected: true, ...ofChanges });
      }
    } else {
      // The changes from one directory depend on the user IDs of all directories: they must be computed one at a time.
      shared = await this.inTurn('apply', () => this.apply(directory, before, listing, startedAt));
    }
    if (options.isExplained)
      shared = await addUnchangedProblems(source, listing, this.deps.store, shared, await this.shared());
    if (options.isDryRun) await showSome(listing.reportSamples, this.deps.store, source);
    const tookMs = this.deps.clock.now() - startedAt;
    return reportOf({ source, found: listing, removed, shared, refusal, isDryRun: options.isDryRun, tookMs });
  }

  private async apply(directory: Directory, before: MirrorState, listing: DirectoryDiff, startedAt: number) {
    const source = directory.name;
    const { upserts, removed } = listing;
    const isReload = upserts.size + removed.length > MAX_CLAIM_CHANGES;
    const plan = isReload ? undefined : await changesOf(source, listing, this.deps.store, this.derivedIdSources);
    const reloads = this.sources.map((name) => ({ ...NO_CLAIMS, source: name, isReload }));
    const named = plan && this.keepsNames ? [{ ...NO_CLAIMS, source, people: plan.people }] : [];
    const changes = plan ? [...plan.changes, ...named] : reloads;
    const state = stateAfter(before, listing, startedAt, directory.incrementalProblem);
    const storing = this.deps.store.apply(source, { upserts, removed, state, changes });
    if (isReload && isAnew(listing) && this.mirrored.size === 1) {
      const claims = (stored: ClaimReader) => listedClaims(source, listing, this.derivedIdSources.has(source), stored);
      await this.deps.indexUpdater.loadWhile(source, claims, storing);
    }
    await storing;
    await this.deps.indexUpdater.catchUp();
    this.count(source, listing);
    this.logAmbiguous(source, before, listing);
    return plan?.shared ?? this.shared();
  }

  private count(source: string, { reportSamples, removed }: DirectoryDiff): void {
    const { added, changed } = reportSamples.samples;
    const changes = { added: added.count, changed: changed.count, removed: removed.length };
    this.deps.telemetry.count('syncs', { source, result: 'applied' });
    for (const [change, by] of Object.entries(changes))
      this.deps.telemetry.count('sync_changes', { source, change }, by);
  }

  private logAmbiguous(source: string, before: MirrorState, { ambiguous, warnings = {} }: DirectoryDiff): void {
    const isNews = Object.entries(warnings).some(([base, warning]) => before.warnings?.[base] !== warning);
    if (ambiguous.ids === 0 || !isNews) return;
    const facts = { event: 'mirror_duplicate_ids', source, ...ambiguous };
    this.deps.telemetry.warn('entries with the same id are skipped; `islet sync` lists them', facts);
  }

  private async fail(
    source: string,
    before: MirrorState,
    failure: NonNullable<MirrorState['failure']>,
    cause?: unknown,
  ): Promise<void> {
    const { at, reason } = failure;
    this.deps.telemetry.count('syncs', { source, result: failure.isRejected ? 'refused' : 'failed' });
    if (before.failure?.reason !== reason) {
      const rest = before.syncedAt === undefined ? 'there is no mirror yet' : 'the last accepted copy answers';
      this.deps.telemetry.warn(`sync not applied; ${rest}`, { event: 'sync_refused', source, reason }, cause);
    }
    // A failure to read the directory does not reset an earlier rejection.
    const since = before.failure && { since: before.failure.since ?? before.failure.at };
    const newest = { ...failure, ...since, ...(before.failure?.isRejected && { isRejected: true as const }) };
    // An incremental sync does not reset the failure or rejection of a full sync.
    const state = failure.isIncremental
      ? {
          ...before,
          incrementalAt: at,
          failure: before.failure && !before.failure.isIncremental ? before.failure : newest,
        }
      : { ...before, attemptedAt: at, failure: newest };
    await this.deps.store.saveState(source, state);
  }
}

/** Whether all entries of the directory are new or changed, as in the first sync. */
const isAnew = ({ upserts, bases }: DirectoryDiff): boolean =>
  upserts.size === Object.values(bases).reduce((sum, count) => sum + count, 0);

/** The names of the directories that derive user IDs from their own user names. */
export const derivedIdSourcesOf = (mirrored: readonly MirroredDirectory[]): ReadonlySet<string> =>
  new Set(mirrored.flatMap(({ directory }) => (directory.derivesUserIds ? directory.name : [])));
