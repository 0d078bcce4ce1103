import type { AccountCheck } from '../domain/account-checks/account-check.js';
import type { Mxid } from '../domain/identifiers/mxid.js';

/**
 * Which accounts homeservers have said to have, and whom to ask about next. Survives restarts; shared
 * by all instances on one database. All times are ms since the epoch.
 */
export abstract class AccountStatusStore {
  /** Adds those it does not know, as wanted at `time`. Others stay as they are. Any number may be given. */
  abstract add(mxids: readonly Mxid[], time: number): Promise<void>;

  /** Makes due, as wanted at `time`, those that were last taken before `takenBefore`. Unknown ones are ignored. */
  abstract requestCheck(mxids: readonly Mxid[], time: number, takenBefore: number): Promise<void>;

  /**
   * Takes up to `limit` accounts of a homeserver that are due at `time`: first those that are
   * wanted, the newest wish first, then those that have been due for longest. They are hidden from
   * everybody until `hiddenUntil`.
   */
  abstract take(homeserver: string, time: number, leaseUntil: number, limit: number): Promise<readonly AccountCheck[]>;

  /** Remembers what a homeserver said at `time`; they are due again at `dueAt`, and not wanted any more. */
  abstract answer(mxids: readonly Mxid[], exists: boolean, time: number, dueAt: number): Promise<void>;

  /** Makes them due again at `dueAt`; what is known of them stays. */
  abstract postpone(mxids: readonly Mxid[], dueAt: number): Promise<void>;

  /** What is known of these; unknown ones are left out. Any number may be asked. */
  abstract find(mxids: readonly Mxid[]): Promise<readonly AccountCheck[]>;

  /** Everything that was answered at `time` or later, in pages, the earliest answers first. */
  abstract answeredSince(time: number): AsyncIterable<readonly AccountCheck[]>;

  /** The homeservers of all users it knows, each once. */
  abstract homeservers(): Promise<readonly string[]>;

  abstract remove(mxids: readonly Mxid[]): Promise<void>;
}
