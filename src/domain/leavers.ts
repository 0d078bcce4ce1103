import type { Clock } from '../ports/clock.js';
import type { Departures, HolderStore } from '../ports/holder-store.js';
import type { MirrorStore } from '../ports/mirror-store.js';
import type { Telemetry } from '../ports/telemetry.js';
import type { Suspension } from './association.js';
import type { SourcedEntry } from './directory.js';
import { groupBy } from './group-by.js';
import { eldest, type Holder, isHolder, type Naming, newHolders } from './holder.js';
import type { IndexKeeper } from './index-keeper.js';
import type { MirroredDirectory } from './mirrors.js';
import type { Mxid } from './mxid.js';
import { keyOf, sameThreepid, type Threepid } from './threepid.js';

/** This many people, or all of a smaller directory, under other ids are the directory's doing if they are more than half of it. */
const RENUMBERED = 10;
/** Of a directory with fewer people nothing can be concluded. */
const FEWEST = 3;

/** Whether there is a person behind a user ID, as far as directories know. */
export type Standing =
  /** No directory ever knew this user: a guest, a bot, a user of another organisation. */
  | { readonly kind: 'unknown' }
  /** A directory knew this user and does not any more. */
  | { readonly kind: 'left'; readonly source: string }
  /** @param since from when the name is this person's, ms since the epoch; `undefined` if nobody else had it */
  | { readonly kind: 'here'; readonly person: string; readonly since: number | undefined };

/** A user who is gone, and since when. */
export interface Leaver extends Suspension {
  readonly mxid: Mxid;
}

/**
 * Tells people from names. Directories give names out again, so what somebody has here belongs to the
 * directory's entry behind the name, by its own id: it is suspended while the entry is gone, and never
 * passes to the next one with the name. Users of whom no directory ever knew are left alone.
 */
export class Leavers {
  private readonly counting: readonly string[];
  private readonly naming: Naming;

  constructor(
    mirrored: readonly MirroredDirectory[],
    private readonly store: HolderStore,
    private readonly mirrors: MirrorStore,
    private readonly keeper: IndexKeeper,
    private readonly clock: Clock,
    private readonly telemetry: Telemetry,
  ) {
    const people = mirrored.flatMap(({ directory }) => (directory.listsPeople ? directory : []));
    this.counting = people.map(({ name }) => name);
    const derivers = new Set(people.flatMap(({ name, derivesNames }) => (derivesNames ? name : [])));
    this.naming = { counting: this.counting, derivers };
  }

  /** Records who is behind the users who have something here. To be called before a mirror changes, and after. */
  async record(source: string): Promise<void> {
    if (!this.counting.includes(source)) return;
    await this.recordNew(source, false);
    await this.store.attach();
  }

  /** What follows from a mirror that was just applied: who left, who is back, and what that does to what they have here. */
  async follow(source: string): Promise<Departures> {
    if (!this.counting.includes(source)) {
      await this.store.forget(source);
      return { left: 0, returned: 0, suspended: 0, resumed: 0 };
    }
    const succeeded = await this.store.succession(source);
    const isRenumbered = succeeded >= FEWEST && isMostOf(succeeded, await this.size(source));
    if (isRenumbered) {
      const facts = { source, people: succeeded };
      this.telemetry.warn('entries have other ids than before: whoever has a name is taken for who had it', facts);
    }
    await this.recordNew(source, isRenumbered);
    await this.store.replace(source, this.counting, this.clock.now());
    await this.store.attach();
    const departures = await this.store.follow(source, this.counting, this.clock.now());
    if (departures.suspended + departures.resumed > 0) await this.keeper.catchUp();
    this.tell(source, departures);
    return departures;
  }

  async standing(mxid: Mxid): Promise<Standing> {
    const known = await this.known(mxid);
    const last = known.at(-1);
    if (!last) return { kind: 'unknown' };
    const here = await this.here(mxid, known);
    return here ? { kind: 'here', person: here.person, since: here.since } : { kind: 'left', source: last.source };
  }

  /**
   * Tells, by the time at which something was stored for an address (ms since the epoch), whether it
   * is meant for who has this name now: not if somebody else had both then, and nothing is while that
   * one is gone and nobody has the name.
   */
  async reach(threepid: Threepid, mxid: Mxid): Promise<(storedAt: number) => boolean> {
    const known = await this.known(mxid);
    if (known.length === 0) return () => true;
    const here = await this.here(mxid, known);
    if (!here) return () => false;
    const others = known.filter(
      ({ person, addresses }) => person !== here.person && addresses.some((one) => sameThreepid(one, threepid)),
    );
    return (storedAt) => storedAt >= (here.since ?? 0) || others.every(({ since = 0 }) => storedAt < since);
  }

  /** Whose these addresses were, by `keyOf`, of those whom the directories know no longer. */
  async formerOwners(threepids: readonly Threepid[]): Promise<ReadonlyMap<string, Leaver>> {
    const wanted = new Set(threepids.map(keyOf));
    const owners = new Map<string, Leaver>();
    if (wanted.size === 0) return owners;
    for await (const page of this.store.left()) {
      for (const { source, mxid, leftAt = 0, addresses } of page) {
        if (!this.counting.includes(source)) continue;
        for (const key of addresses.map(keyOf)) if (wanted.has(key)) owners.set(key, { mxid, source, since: leftAt });
      }
    }
    return owners;
  }

  private async recordNew(source: string, isRenumbered: boolean): Promise<void> {
    const now = this.clock.now();
    const mayReplace = (await this.mirrors.state(source))?.isFirst ?? false;
    for (;;) {
      const found = await this.store.unrecorded(source);
      const mxids = [...new Set(found.flatMap(({ person }) => person?.mxid ?? []))];
      const known = groupBy(await this.store.find(mxids), ({ mxid }) => mxid);
      const entries = groupBy(await this.entriesOf(mxids), ({ person }) => person?.mxid);
      const holders = mxids.flatMap((mxid) =>
        newHolders(mxid, entries.get(mxid) ?? [], known.get(mxid) ?? [], this.naming, {
          isRenumbered,
          mayReplace,
          now,
        }),
      );
      if (holders.length === 0) return;
      await this.store.add(holders);
    }
  }

  private async known(mxid: Mxid): Promise<readonly Holder[]> {
    if (this.counting.length === 0) return [];
    return (await this.store.find([mxid])).filter(({ source }) => this.counting.includes(source));
  }

  /** Who has the name by the mirrors as they are stored: a sync may just have changed them. */
  private async here(mxid: Mxid, known: readonly Holder[]): Promise<Holder | undefined> {
    const entries = await this.entriesOf([mxid]);
    const here = known.filter((holder) => entries.some((entry) => isHolder(holder, entry)));
    return eldest([...here, ...newHolders(mxid, entries, known, this.naming, { now: this.clock.now() })]);
  }

  private async size(source: string): Promise<number> {
    const { parts = {} } = (await this.mirrors.state(source)) ?? {};
    return Object.values(parts).reduce((sum, count) => sum + count, 0);
  }

  private async entriesOf(mxids: readonly Mxid[]): Promise<readonly SourcedEntry[]> {
    return (await this.mirrors.findByMxid(mxids)).filter(({ source }) => this.counting.includes(source));
  }

  private tell(source: string, { left, returned, suspended, resumed }: Departures): void {
    if (left + returned + suspended + resumed === 0) return;
    const facts = { source, left, returned, suspended, resumed };
    this.telemetry.info('people left a directory or are back; what they have here follows', facts);
    for (let i = 0; i < suspended; i++) this.telemetry.count('bindings_suspended', { source });
    for (let i = 0; i < resumed; i++) this.telemetry.count('bindings_resumed', { source });
  }
}

const isMostOf = (some: number, all: number): boolean => some > all / 2 && some >= Math.min(RENUMBERED, all);
