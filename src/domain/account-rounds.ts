import type { AccountCheckStore } from '../ports/account-check-store.js';
import type { ChangeFeed } from '../ports/change-feed.js';
import type { Clock } from '../ports/clock.js';
import type { ClaimReader, HashIndex } from '../ports/hash-index.js';
import type { InviteStore } from '../ports/invite-store.js';
import type { MirrorStore } from '../ports/mirror-store.js';
import type { AccountChecks } from './account-checks.js';
import type { AccountQuestions } from './account-questions.js';
import { CONTESTED } from './association.js';
import { lookupHash } from './hashing.js';
import { homeserverOf, type Mxid } from './mxid.js';
import type { Threepid } from './threepid.js';

const MINUTE_MS = 60 * 1000;

/** Whose accounts are checked. */
export interface CheckedPeople {
  /** How to read all claims of each mirrored source whose people are checked. */
  readonly readers: ReadonlyMap<string, ClaimReader>;
  /** Whether that is everybody who is checked: no source among them goes without a mirror. */
  readonly isEverybody: boolean;
}

/** Keeps what is known of accounts in step with the directories and with the homeservers, round by round. */
export class AccountRounds {
  private readonly homeservers = new Set<string>();
  private position: number | undefined;
  private lookedAt = 0;

  constructor(
    private readonly people: CheckedPeople,
    private readonly store: AccountCheckStore,
    private readonly checks: AccountChecks,
    private readonly questions: AccountQuestions,
    private readonly feed: ChangeFeed,
    private readonly mirrors: MirrorStore,
    private readonly invites: InviteStore,
    private readonly index: HashIndex,
    private readonly clock: Clock,
  ) {}

  /**
   * One round: meets those who are new in the directories, and asks homeservers for a few who are due.
   *
   * @returns the threepids of those who had no account and have one now; `undefined` if somebody has
   *   one whose threepids are not known
   */
  async run(): Promise<readonly Threepid[] | undefined> {
    await this.follow();
    if (this.clock.now() - this.lookedAt >= MINUTE_MS) await this.lookAround();
    const arrived = [...(await this.checks.settle())];
    // One homeserver that hangs does not hold up the others.
    const asked = [...this.homeservers].map((name) => this.questions.ask(name, (mxids) => this.stillThere(mxids)));
    arrived.push(...(await Promise.all(asked)).flat());
    await this.checks.learn();
    return this.threepidsOf(arrived);
  }

  /** Meets the people of the mirrors: all of them at first, then whoever is new. */
  private async follow(): Promise<void> {
    const news = this.position === undefined ? undefined : await this.feed.since(this.position);
    const position = news?.position ?? (await this.feed.position());
    if (!news) for (const reader of this.people.readers.values()) await this.meetAll(reader);
    for (const { source, added, isReload } of news?.changes ?? []) {
      const reader = this.people.readers.get(source);
      if (reader && isReload) await this.meetAll(reader);
      else if (reader) await this.meet(added.map(({ mxid }) => mxid));
    }
    this.position = position;
  }

  private async meetAll(reader: ClaimReader): Promise<void> {
    for await (const claims of reader()) await this.meet(claims.map(({ mxid }) => mxid));
  }

  private async meet(mxids: readonly Mxid[]): Promise<void> {
    if (mxids.length === 0) return;
    await this.store.add(mxids, this.clock.now());
    for (const mxid of mxids) this.homeservers.add(homeserverOf(mxid));
  }

  /** Whoever is invited and has no account yet is asked for often: she may be about to have one. */
  private async lookAround(): Promise<void> {
    this.lookedAt = this.clock.now();
    for (const homeserver of await this.store.homeservers()) this.homeservers.add(homeserver);
    const [pepper] = this.index.peppers();
    if (pepper === undefined) return;
    for (const threepid of await this.invites.waitingThreepids()) {
      const hash = lookupHash(threepid, pepper);
      for (const source of this.people.readers.keys()) {
        const mxid = this.index.find(source, pepper, hash);
        if (mxid !== undefined && mxid !== CONTESTED) this.checks.want(mxid);
      }
    }
  }

  private async stillThere(mxids: readonly Mxid[]): Promise<ReadonlySet<Mxid>> {
    if (!this.people.isEverybody) return new Set(mxids);
    const entries = await this.mirrors.findByMxid(mxids);
    return new Set(entries.flatMap(({ source, person }) => (this.people.readers.has(source) && person?.mxid) || []));
  }

  private async threepidsOf(mxids: readonly Mxid[]): Promise<readonly Threepid[] | undefined> {
    if (mxids.length === 0) return [];
    const people = (await this.mirrors.findByMxid(mxids)).flatMap(({ person }) => person ?? []);
    const known = new Set(people.map(({ mxid }) => mxid));
    return mxids.every((mxid) => known.has(mxid)) ? people.flatMap(({ threepids }) => threepids) : undefined;
  }
}
