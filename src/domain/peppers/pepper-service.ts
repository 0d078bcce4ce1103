import type { Clock } from '../../ports/clock.js';
import type { HashIndex } from '../../ports/hash-index.js';
import type { PepperStore, ScheduledPepper } from '../../ports/pepper-store.js';
import type { Random } from '../../ports/random.js';
import type { Telemetry } from '../../ports/telemetry.js';
import type { UpstreamPepperMonitor } from './upstream-pepper-monitor.js';

const PEPPER_LENGTH = 24;

/** How long before its announcement this server schedules and hashes its next pepper. */
const LEAD_MS = 60 * 60 * 1000;

const MOST_BETWEEN_CHECKS_MS = 60 * 1000;
const LEAST_BETWEEN_CHECKS_MS = 1000;

/**
 * The maximum time in advance for which a pepper is scheduled. One further ahead was scheduled by a clock that was
 * wrong.
 */
const LONGEST_LEAD_MS = 2 * LEAD_MS;

/**
 * The maximum number of upstream peppers hashed at the same time: each takes memory, and the upstream decides how often
 * its pepper changes.
 */
const MOST_FOLLOWED = 4;

export interface PepperOptions {
  /** How long each pepper of this server is announced. */
  readonly lifetimeMs: number;
  /** How long a pepper is accepted after it was last announced. */
  readonly graceMs: number;
}

/** The state of following the upstream's pepper. */
export interface PepperFollowStatus {
  /** Whether the announced pepper is the upstream's. */
  readonly isTheirs: boolean;
  /** Whether the upstream follows this server, and uses the pepper that this server announces. */
  readonly isPepperLeader: boolean;
  /** From when the current pepper is announced, ms since the epoch. */
  readonly announcedFrom: number | undefined;
  /** Why the upstream's pepper is not known. */
  readonly failure: string | undefined;
}

export interface PepperDependencies {
  readonly store: PepperStore;
  readonly index: HashIndex;
  readonly random: Random;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/**
 * Decides which pepper is announced and which are accepted. The result is the same for all instances, and each pepper
 * is hashed before it is announced. This server's own peppers change on a schedule. If an upstream is followed, its
 * pepper is used instead, from when it is first known and for as long as it is followed.
 */
export class PepperService {
  private schedule: readonly ScheduledPepper[] = [];
  private readonly listeners = new Set<() => void>();

  /** @param monitor monitors the followed upstream, if there is one */
  constructor(
    private readonly deps: PepperDependencies,
    private readonly options: PepperOptions,
    readonly monitor?: UpstreamPepperMonitor,
  ) {}

  /**
   * How often `rotateIfDue` has to be called: several times within the time in advance for which a pepper is scheduled,
   * and within the grace period. Otherwise an instance would announce a pepper that the others do not accept any more.
   */
  get checkEveryMs(): number {
    const { lifetimeMs, graceMs } = this.options;
    const soon = Math.min(MOST_BETWEEN_CHECKS_MS, lifetimeMs / 8, graceMs / 4);
    return Math.max(LEAST_BETWEEN_CHECKS_MS, soon);
  }

  /** The pepper to announce: the newest one that is due and hashed. */
  current(): string {
    const live = this.deps.index.peppers();
    const due = this.schedule.filter(
      ({ pepper, announcedFrom }) => live.includes(pepper) && announcedFrom <= this.deps.clock.now(),
    );
    const newest = due.at(-1) ?? this.schedule.find(({ pepper }) => live.includes(pepper));
    if (!newest) throw new Error('no lookup pepper is ready yet');
    return newest.pepper;
  }

  /** Whether there is a pepper to announce. */
  isReady(): boolean {
    const live = this.deps.index.peppers();
    return this.schedule.some(({ pepper }) => live.includes(pepper));
  }

  /**
   * Whether lookups with this pepper are answered: the announced one, the next one, and the previous one for a while.
   */
  isAccepted(pepper: string): boolean {
    return this.accepted().includes(pepper);
  }

  /**
   * The same after reloading the schedule: clients may use one instance with a pepper that another instance has
   * announced. The pepper is hashed first if necessary.
   */
  async refreshAndAccept(pepper: string): Promise<boolean> {
    if (!this.limitFollowed(this.inGrace(await this.deps.store.all())).includes(pepper)) return false;
    await this.deps.index.prepare(pepper);
    for (const listener of this.listeners) listener();
    return true;
  }

  /**
   * Calls `listener` when another instance has a newer schedule, until `close` is called: `rotateIfDue` should then run
   * immediately.
   */
  onStale(listener: () => void): { close(): void } {
    this.listeners.add(listener);
    return { close: () => void this.listeners.delete(listener) };
  }

  /**
   * Updates the schedule: adds the next pepper shortly before it is due, or the upstream's pepper if it has changed;
   * hashes the peppers that will be used; removes those past their grace period. Call it at start and every
   * `checkEveryMs`, and immediately when the upstream's pepper has changed or another instance has a newer schedule.
   */
  async rotateIfDue(): Promise<void> {
    // Taken first: peppers hashed for other instances in the meantime may be missing in the schedule.
    const live = this.deps.index.peppers();
    await this.scheduleNext();
    for (const pepper of this.limitFollowed(this.inGrace(this.schedule))) await this.hash(pepper);
    const accepted = new Set(this.accepted());
    for (const pepper of live) if (!accepted.has(pepper)) this.deps.index.retire(pepper);
    await this.deps.store.purge(this.deps.clock.now() - this.options.graceMs);
  }

  /** The current state of following the pepper of a source; `undefined` if it is not followed. */
  async following(source: string): Promise<PepperFollowStatus | undefined> {
    if (this.monitor?.source !== source) return undefined;
    const [upstream, schedule] = await Promise.all([this.monitor.poll(), this.deps.store.all()]);
    const now = this.deps.clock.now();
    const announced = this.isReady()
      ? schedule.findLast(({ pepper }) => pepper === this.current())
      : schedule.findLast(({ announcedFrom }) => announcedFrom <= now);
    return {
      isTheirs: upstream !== undefined && announced?.pepper === upstream,
      isPepperLeader: this.monitor.isPepperLeader,
      announcedFrom: announced?.announcedFrom,
      failure: this.monitor.failure,
    };
  }

  /** From when the current pepper is announced, ms since the epoch, and how many peppers are accepted. */
  status(): { readonly announcedFrom: number | undefined; readonly accepted: number } {
    const current = this.isReady() ? this.current() : undefined;
    const announced = this.schedule.findLast(({ pepper }) => pepper === current);
    return { announcedFrom: announced?.announcedFrom, accepted: new Set(this.accepted()).size };
  }

  private async hash(pepper: string): Promise<void> {
    if (this.deps.index.peppers().includes(pepper)) return;
    await this.deps.index.prepare(pepper);
    this.deps.telemetry.info('lookup pepper is ready', { event: 'pepper_ready' });
  }

  private async scheduleNext(): Promise<void> {
    const all = await this.deps.store.all();
    this.schedule = this.plausible(all);
    const next = this.monitor ? await this.nextOf(this.monitor) : this.nextOfOurs();
    if (!next) return;
    await this.deps.store.add(next, all.at(-1)?.pepper);
    this.schedule = this.plausible(await this.deps.store.all());
  }

  private nextOfOurs(): ScheduledPepper | undefined {
    const last = this.schedule.at(-1);
    const now = this.deps.clock.now();
    const dueAt = last ? last.announcedFrom + this.options.lifetimeMs : now;
    if (now < dueAt - Math.min(LEAD_MS, this.options.lifetimeMs / 2)) return undefined;
    return { pepper: this.deps.random.text(PEPPER_LENGTH), announcedFrom: Math.max(dueAt, now) };
  }

  private async nextOf(monitor: UpstreamPepperMonitor): Promise<ScheduledPepper | undefined> {
    const pepper = await monitor.poll();
    const last = this.schedule.at(-1);
    if (monitor.isPepperLeader) return this.nextOfOurs();
    if (pepper === undefined) return last ? undefined : this.nextOfOurs();
    if (pepper === last?.pepper) return undefined;
    this.deps.telemetry.count('followed_pepper_changes', { source: monitor.source });
    this.deps.telemetry.info('upstream pepper changed', { event: 'upstream_pepper_changed', source: monitor.source });
    // Hashed before it is scheduled: the grace period of the previous pepper begins when this one can be announced.
    await this.hash(pepper);
    const now = this.deps.clock.now();
    const due = this.schedule.findLast(({ announcedFrom }) => announcedFrom <= now);
    // After the announced pepper, which is still accepted; before this server's own peppers that are not announced yet.
    return { pepper, announcedFrom: due ? Math.max(now, due.announcedFrom + 1) : now };
  }

  private plausible(schedule: readonly ScheduledPepper[]): readonly ScheduledPepper[] {
    return schedule.filter(({ announcedFrom }) => announcedFrom <= this.deps.clock.now() + LONGEST_LEAD_MS);
  }

  private accepted(): readonly string[] {
    const live = this.deps.index.peppers();
    const accepted = this.limitFollowed(this.inGrace(this.schedule).filter((pepper) => live.includes(pepper)));
    // Includes the current pepper even if hashing the next one takes longer than the grace period.
    return this.isReady() ? [...accepted, this.current()] : accepted;
  }

  /** Peppers that are not announced yet, the announced one, and those whose grace period has not ended. */
  private inGrace(schedule: readonly ScheduledPepper[]): readonly string[] {
    const cut = this.deps.clock.now() - this.options.graceMs;
    const kept = schedule.filter((_, at) => (schedule[at + 1]?.announcedFrom ?? Infinity) > cut);
    // A pepper that was announced more than once counts from its last announcement.
    return [...new Set(kept.map(({ pepper }) => pepper).toReversed())].toReversed();
  }

  private limitFollowed(peppers: readonly string[]): readonly string[] {
    return this.monitor ? peppers.slice(-MOST_FOLLOWED) : peppers;
  }
}
