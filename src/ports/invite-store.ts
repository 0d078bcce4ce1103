import type { Cause } from '../domain/shared/cause.js';
import type { JsonObject } from '../domain/signing/canonical-json.js';
import type { StoredInvite } from '../domain/invites/invite.js';
import type { Threepid } from '../domain/identifiers/threepid.js';
import type { NewJob } from '../domain/jobs/job.js';

export interface PendingMail {
  readonly token: string;
  readonly mail: JsonObject;
}

/**
 * Invitations to people without an account. They are kept after delivery, because their tokens and keys are still
 * requested.
 */
export abstract class InviteStore {
  /**
   * Adds an invitation. `jobs` are queued in the same transaction.
   *
   * @param pendingMail the content of its mail, if no mail job is queued
   * @param cause for the audit trail; absent: Islet itself
   */
  abstract add(invite: StoredInvite, jobs: readonly NewJob[], pendingMail?: JsonObject, cause?: Cause): Promise<void>;

  /** The pending mails of the waiting invitations to a threepid, the newest first. */
  abstract pendingMails(threepid: Threepid): Promise<readonly PendingMail[]>;

  /** Removes the pending mails of these invitations. */
  abstract clearPendingMails(tokens: readonly string[]): Promise<void>;

  abstract get(token: string): Promise<StoredInvite | undefined>;

  /** The invitations that wait for any of these threepids, oldest first. Any number may be given. */
  abstract findWaiting(threepids: readonly Threepid[]): Promise<readonly StoredInvite[]>;

  /** The threepids with waiting invitations, each once. */
  abstract waitingThreepids(): Promise<readonly Threepid[]>;

  /**
   * Marks waiting invitations as handed over at `time` (ms since the epoch). `jobs` are queued in the same transaction.
   */
  abstract deliver(tokens: readonly string[], time: number, jobs: readonly NewJob[]): Promise<void>;

  /**
   * Marks an invitation as accepted by the homeserver at `time` (ms since the epoch). No effect if it does not exist.
   */
  abstract confirm(token: string, time: number): Promise<void>;

  /** Marks an invitation that was handed over as permanently refused. No effect if it does not exist. */
  abstract markRefused(token: string, failure: string): Promise<void>;

  /** Records why the mails of these waiting invitations will not be sent, and removes their pending mails. */
  abstract markUnmailed(tokens: readonly string[], failure: string): Promise<void>;

  /**
   * Sets an invitation that was handed over back to waiting, and records the failure if there was one. No effect if it
   * does not exist.
   */
  abstract requeue(token: string, failure?: string): Promise<void>;

  /** All stored invitations, delivered or not, in pages. Concurrent changes may or may not be included. */
  abstract all(): AsyncIterable<readonly StoredInvite[]>;

  /** Removes an invitation and its key. @returns whether it existed */
  abstract remove(token: string, cause?: Cause): Promise<boolean>;

  /** Removes invitations that were stored before `time` (ms since the epoch) and are still waiting. */
  abstract purgeWaiting(time: number): Promise<void>;

  /**
   * Removes up to `limit` invitations that were handed over before `time` (ms since the epoch), but none that may still
   * be on its way to a homeserver: one without an answer is kept for another 30 days. Their public keys remain.
   *
   * @returns how many were removed
   */
  abstract purgeDelivered(time: number, limit: number): Promise<number>;

  /** Whether an invitation is stored with this key, or was before it was purged. Unpadded standard base64. */
  abstract hasEphemeralKey(publicKey: string): Promise<boolean>;
}
