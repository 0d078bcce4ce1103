import type { AccountStatusStore } from '../../ports/account-status-store.js';
import type { Clock } from '../../ports/clock.js';
import type { AccountCheck } from './account-check.js';
import type { Mxid } from '../identifiers/mxid.js';
import { HOUR_MS, MINUTE_MS } from '../shared/durations.js';

/** How long an existing account is assumed to exist before it is checked again. */
const THERE_MS = 3 * 24 * HOUR_MS;
/** The interval of regular checks for an account that does not exist. */
const ABSENT_MS = HOUR_MS;
/**
 * The minimum interval of checks for a user, however often people look them up. With `INVITED_MS`, this is the longest
 * time between a first login and the delivery of invitations.
 */
const REQUEST_INTERVAL_MS = 25_000;

/**
 * The maximum age of the answer about a user found in the bindings, where nothing reports that an account was closed.
 */
const FOUND_MS = 5 * MINUTE_MS;

/** The clocks of the instances on one database differ by less than this. */
const CLOCK_SKEW_MS = 30 * 1000;

/** The maximum number of users noted between two rounds. Further users are noted when they are seen again. */
const MOST_NOTES = 10_000;

/**
 * The users of directories who have no account yet, in memory, as stored in the database. Users who were not checked
 * yet are assumed to have an account.
 */
export class AccountStatusCache {
  private readonly absent = new Set<Mxid>();
  private readonly wanted = new Set<Mxid>();
  private readonly found = new Set<Mxid>();
  private readonly enqueued = new Set<Mxid>();
  private readonly knownToExist = new Set<Mxid>();
  private learnedAt = 0;

  constructor(
    private readonly store: AccountStatusStore,
    private readonly clock: Clock,
  ) {}

  /** Whether this user's homeserver answered that the account does not exist. */
  isAbsent(mxid: Mxid): boolean {
    return this.absent.has(mxid);
  }

  /** The number of users known to have no account. */
  get missingCount(): number {
    return this.absent.size;
  }

  /** Notes that a user without an account was looked up: the account is checked again soon. */
  requestCheck(mxid: Mxid): void {
    if (this.absent.has(mxid)) note(this.wanted, mxid);
  }

  /** Notes that a user with an account was found: the account may have been closed since. */
  recheck(mxid: Mxid): void {
    note(this.found, mxid);
  }

  /** Notes a user of a source that cannot be listed. */
  enqueue(mxid: Mxid): void {
    note(this.enqueued, mxid);
  }

  /** Notes that a homeserver has just confirmed the user. */
  markExisting(mxid: Mxid): void {
    if (this.absent.has(mxid)) note(this.knownToExist, mxid);
  }

  async find(mxid: Mxid): Promise<AccountCheck | undefined> {
    const [check] = await this.store.find([mxid]);
    return check;
  }

  /** Loads the answers since the last call, including those stored by other instances. */
  async loadAnswers(): Promise<void> {
    const since = this.learnedAt - CLOCK_SKEW_MS;
    this.learnedAt = this.clock.now();
    for await (const checks of this.store.answeredSince(since)) {
      for (const { mxid, exists } of checks) this.keep(mxid, exists === true);
    }
  }

  /** Stores what was noted since the last call. @returns users who had no account before and have one now */
  async flush(): Promise<readonly Mxid[]> {
    const now = this.clock.now();
    await this.store.add(takenFrom(this.enqueued), now);
    await this.store.requestCheck(takenFrom(this.wanted), now, now - REQUEST_INTERVAL_MS);
    await this.store.requestCheck(takenFrom(this.found), now, now - FOUND_MS);
    const arrived = takenFrom(this.knownToExist);
    await this.remember(arrived, true);
    return arrived;
  }

  /** Stores the answers of homeservers. */
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

/** Returns the content of a set and clears it. */
function takenFrom(notes: Set<Mxid>): readonly Mxid[] {
  const all = [...notes];
  notes.clear();
  return all;
}
