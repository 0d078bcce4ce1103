import type { Binding } from '../domain/associations/binding.js';
import type { ClaimPage } from '../domain/associations/claim-text.js';
import type { Mxid } from '../domain/identifiers/mxid.js';
import type { Threepid } from '../domain/identifiers/threepid.js';
import type { Cause } from '../domain/shared/cause.js';
import type { NewJob } from '../domain/jobs/job.js';

/** The bindings stored by this server. Each change is written to the `ChangeFeed` in the same transaction. */
export abstract class AssociationStore {
  /** The bindings of these threepids, valid or not; unknown ones are left out. Any number may be given. */
  abstract find(threepids: readonly Threepid[]): Promise<readonly Binding[]>;

  /**
   * Binds a threepid. Removes the threepid and every other spelling of its mailbox from the previous user. `jobs` are
   * queued, and the audit trail written, in the same transaction.
   *
   * @param cause absent: Islet itself
   */
  abstract bind(binding: Binding, jobs: readonly NewJob[], cause?: Cause): Promise<void>;

  /**
   * Removes this threepid, in every spelling of its mailbox, from this user only.
   *
   * @returns whether there was such a binding
   */
  abstract unbind(threepid: Threepid, mxid: Mxid, cause?: Cause): Promise<boolean>;

  /** Removes bindings whose validity ended before `time`, ms since the epoch. */
  abstract purge(time: number): Promise<void>;

  /** Which of these users have a binding, suspended or not. */
  abstract boundUsers(mxids: readonly Mxid[]): Promise<ReadonlySet<Mxid>>;

  /** All bindings, in pages. Concurrent changes may or may not be included. */
  abstract all(): AsyncIterable<readonly Binding[]>;

  /** The claims of all bindings that are not suspended, in pages, as `all` but several times faster. */
  abstract claims(): AsyncIterable<ClaimPage>;
}
