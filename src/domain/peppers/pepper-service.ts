import type { Clock } from '../../ports/clock.js';
import type { HashIndex } from '../../ports/hash-index.js';
import type { PepperStore, ScheduledPepper } from '../../ports/pepper-store.js';
import type { Random } from '../../ports/random.js';
import type { Telemetry } from '../../ports/telemetry.js';
import type { UpstreamPepperMonitor } from './upstream-pepper-monitor.js';

const PEPPER_LENGTH = 24;

/** The next pepper of our own is scheduled, and hashed, this long before it is announced. */
const LEAD_MS = 60 * 60 * 1000;

/** No pepper is scheduled for later than this. What is, was scheduled by a clock that was wrong. */
const LONGEST_LEAD_MS = 2 * LEAD_MS;

/** Peppers of an upstream that are hashed at once: each takes memory, and how often it changes is not for us to say. */
const MOST_FOLLOWED = 4;

export interface PepperOptions {
  /** How long one pepper of our own is the announced one. */
  readonly lifetimeMs: number;
  /** How long a pepper is accepted after it was announced last. */
  readonly graceMs: number;
}

/** How it stands with the pepper of the upstream that is followed. */
export interface PepperFollowStatus {
  /** Whether the pepper that is announced is the upstream's. */
  readonly isTheirs: boolean;
  /** Whether the upstream follows us, and takes over what we announce. */
  readonly isPepperLeader: boolean;
  /** Since when the pepper that is announced is, ms since the epoch. */
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
 * Which pepper is announced, and which are accepted; the same for all instances, and each is hashed
 * before anybody is told of it. Our own change on a calendar. With an upstream followed it is the
 * upstream's instead, from when it is first known and for as long as it is followed.
 */
export class PepperService {
  private schedule: readonly ScheduledPepper[] = [];
  private readonly listeners = new Set<() => void>();

  /** @param monitor on the upstream that is followed, if one is */
  constructor(
    private readonly deps: PepperDependencies,
    private readonly options: PepperOptions,
    readonly monitor?: UpstreamPepperMonitor,
  ) {}

  /** The one to announce: the newest that is due and hashed. */
  current(): string {
    const live = this.deps.index.peppers();
    const due = this.schedule.filter(
      ({ pepper, announcedFrom }) => live.includes(pepper) && announcedFrom <= this.deps.clock.now(),
    );
    const newest = due.at(-1) ?? this.schedule.find(({ pepper }) => live.includes(pepper));
    if (!newest) throw new Error('no pepper is hashed yet');
    return newest.pepper;
  }

  /** Whether there is one to announce. */
  isReady(): boolean {
    const live = this.deps.index.peppers();
    return this.schedule.some(({ pepper }) => live.includes(pepper));
  }

  /** Whether lookups under it are answered: the announced one, the next one, and the previous one for a while. */
  isAccepted(pepper: string): boolean {
    return this.accepted().includes(pepper);
  }

  /**
   * The same after a look at what other instances have scheduled since: clients ask one instance
   * under the pepper that another has announced. It is hashed first if need be.
   */
  async refreshAndAccept(pepper: string): Promise<boolean> {
    if (!this.limitFollowed(this.inGrace(await this.deps.store.all())).includes(pepper)) return false;
    await this.deps.index.prepare(pepper);
    for (const listener of this.listeners) listener();
    return true;
  }

  /** Calls back when another instance turns out to be ahead, until `close`: `keep` had better not wait. */
  onStale(listener: () => void): { close(): void } {
    this.listeners.add(listener);
    return { close: () => void this.listeners.delete(listener) };
  }

  /**
   * Brings the schedule up to date: adds the next pepper when its time is near, or the upstream's if
   * it is another, hashes what will be asked for, forgets what is past its grace. To be called at
   * start and every minute or so, and at once when the upstream's has changed or another instance is
   * ahead.
   */
  async rotateIfDue(): Promise<void> {
    // Taken first: what is hashed meanwhile for other instances may be missing in the schedule.
    const live = this.deps.index.peppers();
    await this.scheduleNext();
    for (const pepper of this.limitFollowed(this.inGrace(this.schedule))) await this.hash(pepper);
    const accepted = new Set(this.accepted());
    for (const pepper of live) if (!accepted.has(pepper)) this.deps.index.retire(pepper);
    await this.deps.store.purge(this.deps.clock.now() - this.options.graceMs);
  }

  /** How it stands with the pepper of a source, asked anew; `undefined` if it is not followed. */
  async following(source: string): Promise<PepperFollowStatus | undefined> {
    if (this.monitor?.source !== source) return undefined;
    const [theirs, schedule] = await Promise.all([this.monitor.poll(), this.deps.store.all()]);
    const now = this.deps.clock.now();
    const announced = this.isReady()
      ? schedule.findLast(({ pepper }) => pepper === this.current())
      : schedule.findLast(({ announcedFrom }) => announcedFrom <= now);
    return {
      isTheirs: theirs !== undefined && announced?.pepper === theirs,
      isPepperLeader: this.monitor.isPepperLeader,
      announcedFrom: announced?.announcedFrom,
      failure: this.monitor.failure,
    };
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
    // Before it is scheduled: the grace of the former one begins when this one can be announced.
    await this.hash(pepper);
    const now = this.deps.clock.now();
    const due = this.schedule.findLast(({ announcedFrom }) => announcedFrom <= now);
    // After the one that is announced, which is accepted on; before any of our own that is not yet.
    return { pepper, announcedFrom: due ? Math.max(now, due.announcedFrom + 1) : now };
  }

  private plausible(schedule: readonly ScheduledPepper[]): readonly ScheduledPepper[] {
    return schedule.filter(({ announcedFrom }) => announcedFrom <= this.deps.clock.now() + LONGEST_LEAD_MS);
  }

  private accepted(): readonly string[] {
    const live = this.deps.index.peppers();
    const accepted = this.limitFollowed(this.inGrace(this.schedule).filter((pepper) => live.includes(pepper)));
    // Also where the next one takes longer to be hashed than the grace lasts.
    return this.isReady() ? [...accepted, this.current()] : accepted;
  }

  /** Those not yet announced, the announced one, and those that were until less than a grace ago. */
  private inGrace(schedule: readonly ScheduledPepper[]): readonly string[] {
    const cut = this.deps.clock.now() - this.options.graceMs;
    const kept = schedule.filter((_, at) => (schedule[at + 1]?.announcedFrom ?? Infinity) > cut);
    // One that came back stands where it was announced last.
    return [...new Set(kept.map(({ pepper }) => pepper).toReversed())].toReversed();
  }

  private limitFollowed(peppers: readonly string[]): readonly string[] {
    return this.monitor ? peppers.slice(-MOST_FOLLOWED) : peppers;
  }
}
