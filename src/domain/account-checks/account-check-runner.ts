import type { AccountStatusStore } from '../../ports/account-status-store.js';
import type { AssociationStore } from '../../ports/association-store.js';
import type { ChangeFeed } from '../../ports/change-feed.js';
import type { Clock } from '../../ports/clock.js';
import type { ClaimReader, HashIndex } from '../../ports/hash-index.js';
import type { InviteStore } from '../../ports/invite-store.js';
import type { MirrorStore } from '../../ports/mirror-store.js';
import type { AccountStatusCache } from './account-status-cache.js';
import type { AccountProber } from './account-prober.js';
import { AMBIGUOUS } from '../associations/association.js';
import { claimsOf } from '../associations/claim-text.js';
import { BINDINGS } from '../associations/binding.js';
import { lookupHash } from '../identifiers/lookup-hash.js';
import { homeserverOf, type Mxid } from '../identifiers/mxid.js';
import type { Threepid } from '../identifiers/threepid.js';

/** How often invited people are checked for accounts. */
const INVITED_MS = 15_000;

/** The sources whose users are checked for accounts. */
export interface CheckedSources {
  /** Readers of all claims of each mirrored source, and of the bindings, whose users are checked. */
  readonly readers: ReadonlyMap<string, ClaimReader>;
  /** Whether `readers` covers all checked users: no checked source is without a mirror. */
  readonly isEverybody: boolean;
}

export interface AccountCheckRunnerDependencies {
  readonly store: AccountStatusStore;
  readonly accountStatuses: AccountStatusCache;
  readonly prober: AccountProber;
  readonly feed: ChangeFeed;
  readonly mirrors: MirrorStore;
  readonly invites: InviteStore;
  readonly associations: AssociationStore;
  readonly index: HashIndex;
  readonly clock: Clock;
}

/** Periodically compares the stored account checks with the directories and the homeservers. */
export class AccountCheckRunner {
  private readonly homeservers = new Set<string>();
  private position: number | undefined;
  private lookedAt = 0;

  constructor(
    private readonly deps: AccountCheckRunnerDependencies,
    private readonly people: CheckedSources,
  ) {}

  /**
   * One round: adds new users of the directories, and checks some of the accounts that are due.
   *
   * @returns the threepids of users who had no account before and have one now; `undefined` if the threepids of such a
   *   user are not known
   */
  async run(): Promise<readonly Threepid[] | undefined> {
    await this.follow();
    if (this.deps.clock.now() - this.lookedAt >= INVITED_MS) await this.checkInvited();
    const arrived = [...(await this.deps.accountStatuses.flush())];
    // A homeserver that hangs must not delay the checks of the others.
    const asked = [...this.homeservers].map((name) => this.deps.prober.ask(name, (mxids) => this.stillThere(mxids)));
    arrived.push(...(await Promise.all(asked)).flat());
    await this.deps.accountStatuses.loadAnswers();
    return this.threepidsOf(arrived);
  }

  /** Queues the users of the mirrors: first all of them, later only new ones. */
  private async follow(): Promise<void> {
    const news = this.position === undefined ? undefined : await this.deps.feed.since(this.position);
    const position = news?.position ?? (await this.deps.feed.position());
    if (!news) for (const reader of this.people.readers.values()) await this.enqueueAll(reader);
    for (const { source, added, isReload } of news?.changes ?? []) {
      const reader = this.people.readers.get(source);
      if (reader && isReload) await this.enqueueAll(reader);
      else if (reader) await this.enqueue(added.map(({ mxid }) => mxid));
    }
    this.position = position;
  }

  private async enqueueAll(reader: ClaimReader): Promise<void> {
    for await (const page of reader()) await this.enqueue(claimsOf(page).map(({ mxid }) => mxid));
  }

  private async enqueue(mxids: readonly Mxid[]): Promise<void> {
    if (mxids.length === 0) return;
    await this.deps.store.add(mxids, this.deps.clock.now());
    for (const mxid of mxids) this.homeservers.add(homeserverOf(mxid));
  }

  /** Invited people without an account are checked often: they may be about to create one. */
  private async checkInvited(): Promise<void> {
    this.lookedAt = this.deps.clock.now();
    for (const homeserver of await this.deps.store.homeservers()) this.homeservers.add(homeserver);
    const [pepper] = this.deps.index.peppers();
    if (pepper === undefined) return;
    for (const threepid of await this.deps.invites.waitingThreepids()) {
      const hash = lookupHash(threepid, pepper);
      for (const source of this.people.readers.keys()) {
        const mxid = this.deps.index.find(source, pepper, hash);
        if (mxid !== undefined && mxid !== AMBIGUOUS) this.deps.accountStatuses.requestCheck(mxid);
      }
    }
  }

  private async stillThere(mxids: readonly Mxid[]): Promise<ReadonlySet<Mxid>> {
    if (!this.people.isEverybody) return new Set(mxids);
    const entries = await this.deps.mirrors.findByMxid(mxids);
    const present = entries.flatMap(({ source, person }) => (this.people.readers.has(source) && person?.mxid) || []);
    const bound = this.people.readers.has(BINDINGS) ? await this.deps.associations.boundUsers(mxids) : [];
    return new Set([...present, ...bound]);
  }

  private async threepidsOf(mxids: readonly Mxid[]): Promise<readonly Threepid[] | undefined> {
    if (mxids.length === 0) return [];
    const people = (await this.deps.mirrors.findByMxid(mxids)).flatMap(({ person }) => person ?? []);
    const known = new Set(people.map(({ mxid }) => mxid));
    return mxids.every((mxid) => known.has(mxid)) ? people.flatMap(({ threepids }) => threepids) : undefined;
  }
}
