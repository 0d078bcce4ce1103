import type { Clock } from '../ports/clock.js';
import type { HashIndex } from '../ports/hash-index.js';
import type { PepperStore, ScheduledPepper } from '../ports/pepper-store.js';
import type { Random } from '../ports/random.js';
import type { Telemetry } from '../ports/telemetry.js';

const PEPPER_LENGTH = 24;

/** The next pepper is scheduled, and hashed, this long before it is announced. */
const LEAD_MS = 60 * 60 * 1000;

export interface PepperOptions {
  /** How long one pepper is the announced one. */
  readonly lifetimeMs: number;
  /** How long a pepper is accepted after it was announced last. */
  readonly graceMs: number;
}

/**
 * Which pepper is announced, and which are accepted. They change on a calendar that all instances
 * share, and each is hashed before anybody is told of it.
 */
export class Peppers {
  private schedule: readonly ScheduledPepper[] = [];

  constructor(
    private readonly store: PepperStore,
    private readonly index: HashIndex,
    private readonly random: Random,
    private readonly clock: Clock,
    private readonly telemetry: Telemetry,
    private readonly options: PepperOptions,
  ) {}

  /** The one to announce: the newest that is due and hashed. */
  current(): string {
    const live = this.index.peppers();
    const due = this.schedule.filter(
      ({ pepper, announcedFrom }) => live.includes(pepper) && announcedFrom <= this.clock.now(),
    );
    const newest = due.at(-1) ?? this.schedule.find(({ pepper }) => live.includes(pepper));
    if (!newest) throw new Error('no pepper is hashed yet');
    return newest.pepper;
  }

  /** Whether there is one to announce. */
  isReady(): boolean {
    return this.index.peppers().length > 0 && this.schedule.length > 0;
  }

  /** Whether lookups under it are answered: the announced one, the next one, and the previous one for a while. */
  isAccepted(pepper: string): boolean {
    return this.needed().some((needed) => needed.pepper === pepper) && this.index.peppers().includes(pepper);
  }

  /**
   * Brings the schedule up to date: adds the next pepper when its time is near, hashes what will be
   * asked for, forgets what is past its grace. To be called at start and every minute or so.
   */
  async keep(): Promise<void> {
    await this.scheduleNext();
    const live = this.index.peppers();
    for (const { pepper } of this.needed()) {
      if (live.includes(pepper)) continue;
      await this.index.prepare(pepper);
      this.telemetry.info('a lookup pepper is hashed and may be announced');
    }
    const needed = new Set(this.needed().map(({ pepper }) => pepper));
    for (const pepper of live) if (!needed.has(pepper)) this.index.retire(pepper);
    await this.store.purge(this.clock.now() - this.options.graceMs);
  }

  private async scheduleNext(): Promise<void> {
    this.schedule = await this.store.all();
    const last = this.schedule.at(-1);
    const now = this.clock.now();
    const dueAt = last ? last.announcedFrom + this.options.lifetimeMs : now;
    if (now < dueAt - Math.min(LEAD_MS, this.options.lifetimeMs / 2)) return;
    const next = { pepper: this.random.text(PEPPER_LENGTH), announcedFrom: Math.max(dueAt, now) };
    await this.store.add(next, last?.pepper);
    this.schedule = await this.store.all();
  }

  /** Those not yet announced, the announced one, and those that were until less than a grace ago. */
  private needed(): readonly ScheduledPepper[] {
    const cut = this.clock.now() - this.options.graceMs;
    return this.schedule.filter((_, at) => (this.schedule[at + 1]?.announcedFrom ?? Infinity) > cut);
  }
}
