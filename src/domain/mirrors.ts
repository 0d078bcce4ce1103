import type { Clock } from '../ports/clock.js';
import type { Directory } from '../ports/directory.js';
import type { ClaimReader } from '../ports/hash-index.js';
import type { MirrorStore } from '../ports/mirror-store.js';
import type { Telemetry } from '../ports/telemetry.js';
import type { Association } from './association.js';
import type { MirrorState, SourcedEntry } from './directory.js';
import { distrust } from './distrust.js';
import { Interrupted } from './errors.js';
import type { IndexKeeper } from './index-keeper.js';
import { compareChanges } from './changed-entries.js';
import { compare, type Listing } from './listing.js';
import { changesOf } from './mirror-changes.js';
import type { Mxid } from './mxid.js';
import { listedClaims, newcomers, sharedNames } from './shared-names.js';
import { reportOf, showSome, type SyncReport } from './sync-report.js';
import type { Threepid } from './threepid.js';

/** More changed entries than this are loaded anew instead of being told claim by claim. */
const TELLABLE = 5_000;

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
  /** Asks only for what changed, where the directory can say it. */
  readonly isOfChanges?: boolean;
  readonly onProgress?: (listed: number) => void;
}

const NEVER: MirrorState = { syncedAt: undefined, attemptedAt: undefined, parts: {}, failure: undefined };

/** Keeps a copy of each directory: lists it, compares, guards, applies. */
export class Mirrors {
  private readonly mirrored: ReadonlyMap<string, MirroredDirectory>;
  private readonly derivers: ReadonlySet<string>;
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(
    mirrored: readonly MirroredDirectory[],
    private readonly store: MirrorStore,
    private readonly keeper: IndexKeeper,
    private readonly clock: Clock,
    private readonly telemetry: Telemetry,
  ) {
    this.mirrored = new Map(mirrored.map((one) => [one.directory.name, one]));
    this.derivers = nameDerivers(mirrored);
  }

  get sources(): readonly string[] {
    return [...this.mirrored.keys()];
  }

  async state(source: string): Promise<MirrorState> {
    return (await this.store.state(source)) ?? NEVER;
  }

  /** The user IDs that two people would get, and the entries of these people. */
  async shared(): Promise<ReadonlyMap<Mxid, readonly SourcedEntry[]>> {
    return sharedNames(await this.store.findByMxid(await this.store.repeatedMxids()), this.derivers);
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
    if (!this.derivers.has(source)) return new Map();
    const stored = await this.store.findByMxid(mxids);
    return sharedNames([...stored, ...newcomers(source, found, stored)], this.derivers);
  }

  /** Whether there is a bookmark from which to ask this directory for changes. */
  async isFollowing(source: string): Promise<boolean> {
    const canSay = this.mirrored.get(source)?.directory.changes !== undefined;
    return canSay && (await this.state(source)).bookmark !== undefined;
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

  private async syncNow({ directory, maxShrink }: MirroredDirectory, options: SyncOptions): Promise<SyncReport> {
    const source = directory.name;
    const startedAt = this.clock.now();
    const before = await this.state(source);
    let listing: Listing;
    try {
      const whose = (threepid: Threepid) => this.keeper.whose(source, threepid);
      const changes = options.isOfChanges ? await compareChanges(directory, this.store, before, whose) : undefined;
      listing = changes ?? (await compare(directory, this.store, options.onProgress));
    } catch (cause) {
      // It says nothing of the directory.
      if (cause instanceof Interrupted) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      const ofChanges = options.isOfChanges && before.bookmark !== undefined;
      const failure = { at: startedAt, reason, ...(ofChanges && { isOfChanges: true as const }) };
      if (!options.isDryRun) await this.fail(source, before, failure, cause);
      return reportOf({ source, refusal: reason, tookMs: this.clock.now() - startedAt });
    }

    const refusal = options.isForced ? undefined : await distrust(source, before, listing, this.store, maxShrink);
    const removed = await this.store.get(source, listing.removed.slice(0, 10));
    let shared: ReadonlyMap<Mxid, readonly SourcedEntry[]>;
    if (options.isDryRun || refusal !== undefined) {
      ({ shared } = await changesOf(source, listing, this.store, this.derivers));
      if (!options.isDryRun && refusal !== undefined) {
        const ofChanges = !listing.isWhole && { isOfChanges: true as const };
        await this.fail(source, before, { at: startedAt, reason: refusal, isSuspect: true, ...ofChanges });
      }
    } else {
      // What one directory changes depends on the user IDs of all: no two may reckon at once.
      shared = await this.inTurn('apply', () => this.apply(source, before, listing, startedAt));
    }
    if (options.isDryRun) await showSome(listing.sightings, this.store, source);
    const tookMs = this.clock.now() - startedAt;
    return reportOf({ source, found: listing, removed, shared, refusal, isDryRun: options.isDryRun, tookMs });
  }

  private async apply(source: string, before: MirrorState, listing: Listing, startedAt: number) {
    const { put, removed } = listing;
    const isReload = put.size + removed.length > TELLABLE;
    const plan = isReload ? undefined : await changesOf(source, listing, this.store, this.derivers);
    const reloads = this.sources.map((name) => ({ source: name, removed: [], added: [], isReload }));
    const state = stateAfter(before, listing, startedAt);
    const storing = this.store.apply(source, { put, removed, state, changes: plan?.changes ?? reloads });
    if (isReload && isAnew(listing) && this.mirrored.size === 1) {
      const claims = (stored: ClaimReader) => listedClaims(source, listing, this.derivers.has(source), stored);
      await this.keeper.loadWhile(source, claims, storing);
    }
    await storing;
    await this.keeper.catchUp();
    this.telemetry.count('syncs', { source, result: 'applied' });
    this.tellAmbiguous(source, before, listing);
    return plan?.shared ?? this.shared();
  }

  private tellAmbiguous(source: string, before: MirrorState, { ambiguous, remarks = {} }: Listing): void {
    const isNews = Object.entries(remarks).some(([part, remark]) => before.remarks?.[part] !== remark);
    if (ambiguous.ids === 0 || !isNews) return;
    this.telemetry.warn('entries with one id are left out, islet sync names them', { source, ...ambiguous });
  }

  private inTurn<T>(queue: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.turns.get(queue) ?? Promise.resolve()).then(work);
    this.turns.set(
      queue,
      turn.catch(() => undefined),
    );
    return turn;
  }

  private async fail(
    source: string,
    before: MirrorState,
    failure: NonNullable<MirrorState['failure']>,
    cause?: unknown,
  ): Promise<void> {
    const { at, reason } = failure;
    this.telemetry.count('syncs', { source, result: 'refused' });
    if (before.failure?.reason !== reason) {
      const rest = before.syncedAt === undefined ? 'there is no copy yet' : 'the last good copy answers';
      this.telemetry.warn(`a sync was not applied; ${rest}`, { source, reason }, cause);
    }
    // That what it gave is not believed is not made good by its silence.
    const newest = { ...failure, ...(before.failure?.isSuspect && { isSuspect: true as const }) };
    // That everything could not be read, or was not believed, is not made good by a few changes.
    const state = failure.isOfChanges
      ? { ...before, changesAt: at, failure: before.failure && !before.failure.isOfChanges ? before.failure : newest }
      : { ...before, attemptedAt: at, failure: newest };
    await this.store.saveState(source, state);
  }
}

function stateAfter(before: MirrorState, listing: Listing, at: number): MirrorState {
  const { isWhole, parts, bookmark } = listing;
  const { isFirst: _isFirst, failure, ...rest } = before;
  // What is odd is odd until everything is read.
  const remarks = { ...(!isWhole && before.remarks), ...listing.remarks };
  const marked = { ...(Object.keys(remarks).length > 0 && { remarks }), ...(bookmark !== undefined && { bookmark }) };
  if (!isWhole)
    return { ...rest, ...marked, parts, changesAt: at, failure: failure?.isOfChanges ? undefined : failure };
  const first = before.syncedAt === undefined && { isFirst: true as const };
  return { syncedAt: at, ...first, attemptedAt: at, parts, failure: undefined, ...marked };
}

/** Whether everything that the directory has is new or changed, as at the first sync. */
const isAnew = ({ put, parts }: Listing): boolean =>
  put.size === Object.values(parts).reduce((sum, count) => sum + count, 0);

/** The names of the directories that make user IDs out of names of their own. */
export const nameDerivers = (mirrored: readonly MirroredDirectory[]): ReadonlySet<string> =>
  new Set(mirrored.flatMap(({ directory }) => (directory.derivesNames ? directory.name : [])));
