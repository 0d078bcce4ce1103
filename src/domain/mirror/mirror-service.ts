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
import { addUnchangedOddities } from './unchanged-oddities.js';
import { changesOf } from './claim-changes.js';
import type { Mxid } from '../identifiers/mxid.js';
import { listedClaims, unmirroredEntries, userIdCollisions } from './user-id-collisions.js';
import { reportOf, showSome, type SyncReport } from './sync-report.js';
import type { Threepid } from '../identifiers/threepid.js';

/** More changed entries than this are loaded anew instead of being told claim by claim. */
const MAX_CLAIM_CHANGES = 5_000;

export interface MirroredDirectory {
  readonly directory: Directory;
  /** The share of its entries, 0 to 1, that a listing may lack before it is taken for broken. */
  readonly maxShrink: number;
}

export interface SyncOptions {
  /** Reports and applies nothing. */
  readonly isDryRun?: boolean;
  /** Applies also what the guards take for broken. */
  readonly isForced?: boolean;
  /** Reports also what is odd about entries that have not changed; takes as long as reading the mirror. */
  readonly isExplained?: boolean;
  /** Asks only for what changed, where the directory can say it. */
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

/** Keeps a copy of each directory: lists it, compares, guards, applies. */
export class MirrorService {
  private readonly mirrored: ReadonlyMap<string, MirroredDirectory>;
  private readonly derivedIdSources: ReadonlySet<string>;
  private readonly keepsNames: boolean;
  private readonly inTurn = serialQueues();

  constructor(
    private readonly deps: MirrorDependencies,
    mirrored: readonly MirroredDirectory[],
  ) {
    this.mirrored = new Map(mirrored.map((one) => [one.directory.name, one]));
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
   * Those of these user IDs that a source must not give to anybody: none, if it knows them for certain.
   *
   * @param found what the source says of them itself: it may know somebody who is not mirrored yet
   */
  async sharedIn(
    source: string,
    mxids: readonly Mxid[],
    found: readonly Association[] = [],
  ): Promise<ReadonlyMap<Mxid, readonly SourcedEntry[]>> {
    if (!this.derivedIdSources.has(source)) return new Map();
    const stored = await this.deps.store.findByMxid(mxids);
    return userIdCollisions([...stored, ...unmirroredEntries(source, found, stored)], this.derivedIdSources);
  }

  /** Whether there is a bookmark from which to ask this directory for changes. */
  async supportsIncremental(source: string): Promise<boolean> {
    const canSay = this.mirrored.get(source)?.directory.changes !== undefined;
    return canSay && (await this.state(source)).syncCursor !== undefined;
  }

  /**
   * Lists a directory and applies what changed, one sync of a directory at a time. A directory that
   * cannot be read, or whose listing looks broken, leaves the last good copy as it is: the report,
   * the mirror's state, the log and a counter say why.
   *
   * @throws if there is no mirror of this name
   */
  async sync(source: string, options: SyncOptions = {}): Promise<SyncReport> {
    const mirrored = this.mirrored.get(source);
    if (!mirrored) throw new Error(`no mirrored source is called ${source}; there are: ${this.sources.join(', ')}`);
    return this.inTurn(`sync of ${source}`, () => this.syncNow(mirrored, options));
  }

  /**
   * Removes the copy of a directory that is not configured any more.
   *
   * @returns how many entries it had
   * @throws if a mirrored source has this name: its copy would come back
   */
  async forget(source: string): Promise<number> {
    if (this.mirrored.has(source)) throw new Error(`a source is called ${source}: its copy is in use`);
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
      const whose = (threepid: Threepid) => this.deps.indexUpdater.whose(source, threepid);
      const changes = options.isIncremental ? await diffSince(directory, this.deps.store, before, whose) : undefined;
      listing = changes ?? (await diffAll(directory, this.deps.store, options.onProgress));
    } catch (cause) {
      // It says nothing of the directory.
      if (cause instanceof ShutdownError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
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
      // What one directory changes depends on the user IDs of all: no two may reckon at once.
      shared = await this.inTurn('apply', () => this.apply(directory, before, listing, startedAt));
    }
    if (options.isExplained)
      shared = await addUnchangedOddities(source, listing, this.deps.store, shared, await this.shared());
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
    this.deps.telemetry.count('syncs', { source, result: 'applied' });
    this.tellAmbiguous(source, before, listing);
    return plan?.shared ?? this.shared();
  }

  private tellAmbiguous(source: string, before: MirrorState, { ambiguous, warnings = {} }: DirectoryDiff): void {
    const isNews = Object.entries(warnings).some(([base, warning]) => before.warnings?.[base] !== warning);
    if (ambiguous.ids === 0 || !isNews) return;
    const facts = { event: 'mirror_duplicate_ids', source, ...ambiguous };
    this.deps.telemetry.warn('entries that share an id are skipped; `islet sync` lists them', facts);
  }

  private async fail(
    source: string,
    before: MirrorState,
    failure: NonNullable<MirrorState['failure']>,
    cause?: unknown,
  ): Promise<void> {
    const { at, reason } = failure;
    this.deps.telemetry.count('syncs', { source, result: 'refused' });
    if (before.failure?.reason !== reason) {
      const rest = before.syncedAt === undefined ? 'there is no mirror yet' : 'the last accepted copy answers';
      this.deps.telemetry.warn(`sync not applied; ${rest}`, { event: 'sync_refused', source, reason }, cause);
    }
    // That what it gave is not believed is not made good by its silence.
    const newest = { ...failure, ...(before.failure?.isRejected && { isRejected: true as const }) };
    // That everything could not be read, or was not believed, is not made good by a few changes.
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

function stateAfter(before: MirrorState, listing: DirectoryDiff, at: number, problem: string | undefined): MirrorState {
  const { isFull, bases, syncCursor } = listing;
  const { isFirst: _isFirst, incrementalProblem: _problem, failure, ...rest } = before;
  // What is odd is odd until everything is read.
  const warnings = { ...(!isFull && before.warnings), ...listing.warnings };
  const marked = {
    ...(Object.keys(warnings).length > 0 && { warnings }),
    ...(syncCursor !== undefined && { syncCursor }),
    ...(problem !== undefined && { incrementalProblem: problem }),
  };
  if (!isFull)
    return { ...rest, ...marked, bases, incrementalAt: at, failure: failure?.isIncremental ? undefined : failure };
  const first = before.syncedAt === undefined && { isFirst: true as const };
  return { syncedAt: at, ...first, attemptedAt: at, bases, failure: undefined, ...marked };
}

/** Whether everything that the directory has is new or changed, as at the first sync. */
const isAnew = ({ upserts, bases }: DirectoryDiff): boolean =>
  upserts.size === Object.values(bases).reduce((sum, count) => sum + count, 0);

/** The names of the directories that make user IDs out of names of their own. */
export const derivedIdSourcesOf = (mirrored: readonly MirroredDirectory[]): ReadonlySet<string> =>
  new Set(mirrored.flatMap(({ directory }) => (directory.derivesUserIds ? directory.name : [])));
