import type { AccountStatusStore } from '../../ports/account-status-store.js';
import type { Clock } from '../../ports/clock.js';
import type { AccountStore } from '../../ports/account-store.js';
import type { AccountLookup } from '../../ports/account-lookup.js';
import type { Telemetry } from '../../ports/telemetry.js';
import type { AccountStatusCache } from './account-status-cache.js';
import type { Mxid } from '../identifiers/mxid.js';
import { isPaused, pauseAfter } from '../shared/backoff.js';
import { errorText } from '../shared/error-text.js';
import { MINUTE_MS } from '../shared/durations.js';

/** How many accounts are checked in one round, and how many at the same time. */
const BATCH = 20;
const SIDE_BY_SIDE = 4;
/** Stop after this many checks without any answer. Also the number of checks in the first round afterwards. */
const TRIAL = 3;

/** The lease of a batch: longer than a batch takes. If an instance dies, the next one can take its batch afterwards. */
const HIDDEN_MS = 5 * MINUTE_MS;
/** When to check again after an inconclusive answer. */
const UNCLEAR_MS = MINUTE_MS;

/** How long a homeserver that does not answer is not contacted. */
const BACKOFF = { firstMs: MINUTE_MS / 2, longestMs: 10 * MINUTE_MS };

interface Outage {
  readonly reason: string;
  readonly failures: number;
  readonly until: number;
}

export interface AccountProberDependencies {
  readonly store: AccountStatusStore;
  readonly accountStatuses: AccountStatusCache;
  readonly accounts: AccountLookup;
  readonly signIns: AccountStore;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** Checks accounts on homeservers: a few at a time, with pauses for homeservers that do not answer. */
export class AccountProber {
  private readonly outages = new Map<string, Outage>();

  constructor(private readonly deps: AccountProberDependencies) {}

  /** The homeservers that do not answer, and why. */
  get failures(): ReadonlyMap<string, string> {
    return new Map([...this.outages].map(([homeserver, { reason }]) => [homeserver, reason]));
  }

  /**
   * Checks some of the due accounts on one homeserver.
   *
   * @param isStillThere returns those of these users who are in a directory; the others are removed
   * @returns users who had no account before and have one now
   */
  async ask(
    homeserver: string,
    isStillThere: (mxids: readonly Mxid[]) => Promise<ReadonlySet<Mxid>>,
  ): Promise<readonly Mxid[]> {
    const now = this.deps.clock.now();
    const outage = this.outages.get(homeserver);
    if (outage && isPaused(outage.until, now, BACKOFF.longestMs)) return [];
    const taken = await this.deps.store.take(homeserver, now, now + HIDDEN_MS, outage ? TRIAL : BATCH);
    if (taken.length === 0) return [];
    const present = await isStillThere(taken.map(({ mxid }) => mxid));
    const due = taken.filter(({ mxid }) => present.has(mxid));
    await this.deps.store.remove(taken.flatMap(({ mxid }) => (present.has(mxid) ? [] : mxid)));

    const { answers, failures } = await this.askAll(due.map(({ mxid }) => mxid));
    const answeredWith = (exists: boolean | undefined) =>
      due.flatMap(({ mxid }) => (answers.get(mxid) === exists ? mxid : []));
    await this.deps.accountStatuses.remember(answeredWith(true), true);
    await this.deps.accountStatuses.remember(answeredWith(false), false);
    // Users without an account are signed out. A new sign-in proves that an account exists.
    await this.deps.signIns.removeOf(answeredWith(false));
    await this.deps.store.postpone(answeredWith(undefined), this.deps.clock.now() + UNCLEAR_MS);
    if (answers.size > 0) this.markRecovered(homeserver);
    else if (failures.length > 0) this.markFailed(homeserver, failures[0]);
    return due.flatMap(({ mxid, exists }) => (exists === false && answers.get(mxid) ? mxid : []));
  }

  private async askAll(mxids: readonly Mxid[]) {
    const answers = new Map<Mxid, boolean>();
    const failures: unknown[] = [];
    const queue = mxids.values();
    const work = async () => {
      for (const mxid of queue) {
        try {
          const exists = await this.deps.accounts.has(mxid);
          answers.set(mxid, exists);
          this.deps.telemetry.count('account_checks', { result: exists ? 'account' : 'no_account' });
        } catch (error) {
          failures.push(error);
          this.deps.telemetry.count('account_checks', { result: 'unclear' });
        }
        if (answers.size === 0 && failures.length >= TRIAL) return;
      }
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
    return { answers, failures };
  }

  private markRecovered(homeserver: string): void {
    if (!this.outages.delete(homeserver)) return;
    this.deps.telemetry.info('account checks work again', { event: 'account_checks_recovered', homeserver });
  }

  private markFailed(homeserver: string, failure: unknown): void {
    const before = this.outages.get(homeserver);
    const reason = errorText(failure);
    if (before?.reason !== reason) {
      const facts = { event: 'account_checks_failed', homeserver, reason };
      this.deps.telemetry.warn('account checks failed; earlier results are still used', facts, failure);
    }
    const failures = (before?.failures ?? 0) + 1;
    this.outages.set(homeserver, {
      reason,
      failures,
      until: this.deps.clock.now() + pauseAfter(BACKOFF, failures),
    });
  }
}
