import type { Mxid } from '../domain/identifiers/mxid.js';
import type { Threepid } from '../domain/identifiers/threepid.js';
import type { Cause } from '../domain/shared/cause.js';

/** What happened. A released name keeps its meaning. */
export type AuditAction =
  | 'bound'
  | 'unbound'
  | 'binding_expired'
  | 'binding_suspended'
  | 'binding_resumed'
  | 'invited'
  | 'invite_delivered'
  | 'invite_revoked'
  | 'invite_expired'
  | 'signed_in'
  | 'signed_out'
  | 'tokens_ended'
  | 'terms_accepted'
  | 'terms_removed'
  | 'person_removed'
  | 'person_forgotten'
  | 'mirror_forgotten'
  | 'sync_requested'
  | 'backup_made'
  | 'backup_restored'
  | 'operator_signed_in'
  | 'operator_signed_out'
  | 'delivery_requested'
  | 'message_tested';

/** A change to be recorded. */
export interface NewAuditEntry {
  readonly action: AuditAction;
  readonly mxid?: Mxid | undefined;
  /** Only a keyed hash of it is stored. */
  readonly threepid?: Threepid | undefined;
  readonly source?: string | undefined;
  /** One short text without addresses: a room, a reason, a number. */
  readonly detail?: string | undefined;
}

/** A recorded change. */
export interface AuditEntry extends Cause {
  /** Ascending, never reused: two copies of an entry have the same one. */
  readonly seq: number;
  /** ms since the epoch */
  readonly at: number;
  readonly action: AuditAction;
  readonly mxid?: Mxid;
  readonly medium?: string;
  /** The same for all spellings of an address. Without the signing key, the address cannot be guessed from it. */
  readonly addressHash?: string;
  readonly source?: string;
  readonly detail?: string;
}

export interface AuditQuery {
  readonly who?: Threepid | Mxid | undefined;
  /** ms since the epoch */
  readonly since?: number | undefined;
  /** The newest entries if there are more. */
  readonly limit: number;
}

/**
 * The audit trail: every change of data about people, in the order in which it was recorded. Stores record their
 * changes in the transaction that makes them. Entries are only added, and removed by age.
 */
export abstract class AuditLog {
  /** Records what no store records. */
  abstract add(entries: readonly NewAuditEntry[], cause: Cause): Promise<void>;

  /** The entries about a user or an address, or all, in ascending order. */
  abstract find(query: AuditQuery): Promise<readonly AuditEntry[]>;

  /**
   * Passes the oldest entries that were not handed over yet to `write`, and marks them. Several instances take turns.
   * After a crash in between, entries are passed again.
   *
   * @param limit the largest number of entries
   * @returns how many there were
   * @throws the error of `write`; nothing is then marked
   */
  abstract handOver(write: (entries: readonly AuditEntry[]) => void, limit: number): Promise<number>;

  /** Removes entries from before `time` (ms since the epoch) that were handed over. */
  abstract purge(time: number): Promise<void>;
}
