import type { Binding } from '../domain/associations/binding.js';
import type { Mxid } from '../domain/identifiers/mxid.js';
import type { Threepid } from '../domain/identifiers/threepid.js';
import type { NewJob } from '../domain/jobs/job.js';

/** Our own bindings. Each change is written to the `ChangeFeed` in the same transaction. */
export abstract class AssociationStore {
  /** The bindings of these threepids, whatever their validity; unknown ones are left out. Any number may be asked. */
  abstract find(threepids: readonly Threepid[]): Promise<readonly Binding[]>;

  /**
   * Binds a threepid, and removes it and every other spelling of its mailbox from its previous user. `jobs` are queued with it:
   * both happen or neither.
   */
  abstract bind(binding: Binding, jobs: readonly NewJob[]): Promise<void>;

  /**
   * Removes this threepid, however its mailbox is spelled, from this user and no other.
   *
   * @returns whether there was such a binding
   */
  abstract unbind(threepid: Threepid, mxid: Mxid): Promise<boolean>;

  /** Removes what was valid until before `time`, ms since the epoch. */
  abstract purge(time: number): Promise<void>;

  /** Everything bound, in pages; what changes meanwhile may or may not be in it. */
  /** Which of these users have a binding, suspended or not. */
  abstract boundUsers(mxids: readonly Mxid[]): Promise<ReadonlySet<Mxid>>;

  abstract all(): AsyncIterable<readonly Binding[]>;
}
