import type { AccountStatusStore } from '../../ports/account-status-store.js';
import type { Clock } from '../../ports/clock.js';
import type { AccountCheck } from './account-check.js';
import type { Mxid } from '../identifiers/mxid.js';

const MINUTE_MS = 60 * 1000;
const HOUR_MS = 60 * MINUTE_MS;

/** How long an account that is there is taken to be there. */
const THERE_MS = 3 * 24 * HOUR_MS;
/** How soon one that is not there is asked for again by itself. */
const ABSENT_MS = HOUR_MS;
/** However often somebody is looked for. With `INVITED_MS` it is the longest time from a first login to its invitation. */
const REQUEST_INTERVAL_MS = 25_000;

/** How old the answer about somebody may be who was found where accounts are closed without a word: in our own bindings. */
const FOUND_MS = 5 * MINUTE_MS;

/** Clocks of the instances that write into one database differ by less than this. */
const CLOCK_SKEW_MS = 30 * 1000;

/** What is noted between two rounds. What is beyond that is noted the next time it comes by. */
const MOST_NOTES = 10_000;

/**
 * Who of the people in directories has no account yet, in memory as it is stored. Whoever was not
 * asked for yet is taken to have one.
 */
export class AccountStatusCache {
  private readonly absent = new Set<Mxid>();
  private readonly wanted = new Set<Mxid>();
  private readonly found = new Set<Mxid>();
  private readonly enqueued = new Set<Mxid>();
  private readonly vouched = new Set<Mxid>();
  private learnedAt = 0;

  constructor(
    private readonly store: AccountStatusStore,
    private readonly clock: Clock,
  ) {}

  /** Whether this user's homeserver has said that there is no such account. */
  isAbsent(mxid: Mxid): boolean {
    return this.absent.has(mxid);
  }

  /** How many are known to have none. */
  get missingCount(): number {
    return this.absent.size;
  }

  /** Notes that somebody looks for a user without an account: it is asked for again soon. */
  requestCheck(mxid: Mxid): void {
    if (this.absent.has(mxid)) note(this.wanted, mxid);
  }

  /** Notes that a user with an account was found, which may be closed by now. */
  recheck(mxid: Mxid): void {
    note(this.found, mxid);
  }

  /** Notes a user of a source that cannot be listed. */
  enqueue(mxid: Mxid): void {
    note(this.enqueued, mxid);
  }

  /** Notes that a homeserver has just vouched for a user. */
  markExisting(mxid: Mxid): void {
    if (this.absent.has(mxid)) note(this.vouched, mxid);
  }

  async find(mxid: Mxid): Promise<AccountCheck | undefined> {
    const [check] = await this.store.find([mxid]);
    return check;
  }

  /** Takes in what was answered since the last time, to whichever instance. */
  async loadAnswers(): Promise<void> {
    const since = this.learnedAt - CLOCK_SKEW_MS;
    this.learnedAt = this.clock.now();
    for await (const checks of this.store.answeredSince(since)) {
      for (const { mxid, exists } of checks) this.keep(mxid, exists === true);
    }
  }

  /** Stores what was noted since the last time. @returns who had no account and has one now */
  async flush(): Promise<readonly Mxid[]> {
    const now = this.clock.now();
    await this.store.add(takenFrom(this.enqueued), now);
    await this.store.requestCheck(takenFrom(this.wanted), now, now - REQUEST_INTERVAL_MS);
    await this.store.requestCheck(takenFrom(this.found), now, now - FOUND_MS);
    const arrived = takenFrom(this.vouched);
    await this.remember(arrived, true);
    return arrived;
  }

  /** Stores what homeservers have answered. */
  async remember(mxids: readonly Mxid[], exists: boolean): Promise<void> {
    const now = this.clock.now();
    await this.store.answer(mxids, exists, now, now + (exists ? THERE_MS : ABSENT_MS));
    for (const mxid of mxids) this.keep(mxid, exists);
  }

  private keep(mxid: Mxid, exists: boolean): void {
    if (exists) this.absent.delete(mxid);
    else this.absent.add(mxid);
  }
}

function note(notes: Set<Mxid>, mxid: Mxid): void {
  if (notes.size < MOST_NOTES) notes.add(mxid);
}

/** What a set holds; afterwards it is empty. */
function takenFrom(notes: Set<Mxid>): readonly Mxid[] {
  const all = [...notes];
  notes.clear();
  return all;
}
