import type { AccountCheck } from '../domain/account-checks/account-check.js';
import type { Mxid } from '../domain/identifiers/mxid.js';

/**
 * What homeservers answered about accounts, and which accounts to check next. Persistent; shared by all instances that
 * use the same database. All times are ms since the epoch.
 */
export abstract class AccountStatusStore {
  /**
   * Adds the accounts that are not stored yet, as requested at `time`. Stored accounts are not changed. Any number may
   * be given.
   */
  abstract add(mxids: readonly Mxid[], time: number): Promise<void>;

  /**
   * Makes accounts due, as requested at `time`, if they were last taken before `takenBefore`. Unknown accounts are
   * ignored.
   */
  abstract requestCheck(mxids: readonly Mxid[], time: number, takenBefore: number): Promise<void>;

  /**
   * Takes up to `limit` accounts of a homeserver that are due at `time`: first the requested ones, the newest request
   * first; then those that have been due for longest. No other caller can take them until `leaseUntil`.
   */
  abstract take(homeserver: string, time: number, leaseUntil: number, limit: number): Promise<readonly AccountCheck[]>;

  /**
   * Stores what a homeserver answered at `time`. The accounts are due again at `dueAt`, and are no longer requested.
   */
  abstract answer(mxids: readonly Mxid[], exists: boolean, time: number, dueAt: number): Promise<void>;

  /** Makes accounts due again at `dueAt`. Their stored status does not change. */
  abstract postpone(mxids: readonly Mxid[], dueAt: number): Promise<void>;

  /** The stored checks of these accounts; unknown ones are left out. Any number may be given. */
  abstract find(mxids: readonly Mxid[]): Promise<readonly AccountCheck[]>;

  /** All checks answered at `time` or later, in pages, the earliest answers first. */
  abstract answeredSince(time: number): AsyncIterable<readonly AccountCheck[]>;

  /** The homeservers of all stored users, each once. */
  abstract homeservers(): Promise<readonly string[]>;

  abstract remove(mxids: readonly Mxid[]): Promise<void>;
}
