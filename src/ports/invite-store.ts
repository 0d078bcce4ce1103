import type { JsonObject } from '../domain/signing/canonical-json.js';
import type { StoredInvite } from '../domain/invites/invite.js';
import type { Threepid } from '../domain/identifiers/threepid.js';
import type { NewJob } from '../domain/jobs/job.js';

export interface PendingMail {
  readonly token: string;
  readonly mail: JsonObject;
}

/** Invitations of people without an account. They stay after delivery: their tokens and keys go on being asked for. */
export abstract class InviteStore {
  /**
   * Adds an invitation; `jobs` are queued with it: both happen or neither.
   *
   * @param pendingMail what its mail will say, if none is queued
   */
  abstract add(invite: StoredInvite, jobs: readonly NewJob[], pendingMail?: JsonObject): Promise<void>;

  /** The pending mails of those that wait for a threepid, the newest first. */
  abstract pendingMails(threepid: Threepid): Promise<readonly PendingMail[]>;

  /** Forgets the pending mails of these. */
  abstract clearPendingMails(tokens: readonly string[]): Promise<void>;

  abstract get(token: string): Promise<StoredInvite | undefined>;

  /** Those that wait for any of these threepids, oldest first. Any number may be asked. */
  abstract findWaiting(threepids: readonly Threepid[]): Promise<readonly StoredInvite[]>;

  /** The threepids that somebody waits for, each once. */
  abstract waitingThreepids(): Promise<readonly Threepid[]>;

  /** Marks waiting ones as handed over, at `time` (ms since the epoch); `jobs` are queued with it. */
  abstract deliver(tokens: readonly string[], time: number, jobs: readonly NewJob[]): Promise<void>;

  /** Marks one as taken by the homeserver, at `time` (ms since the epoch). Nothing happens if there is none. */
  abstract confirm(token: string, time: number): Promise<void>;

  /** Marks one that was handed over as refused for good. Nothing happens if there is none. */
  abstract markRefused(token: string, failure: string): Promise<void>;

  /** Notes of those that wait why their mail will not be sent, and forgets pending mails of theirs. */
  abstract markUnmailed(tokens: readonly string[], failure: string): Promise<void>;

  /** Has one that was handed over wait again, and says why if it failed. Nothing happens if there is none. */
  abstract requeue(token: string, failure?: string): Promise<void>;

  /** Everything stored, delivered or not, in pages; what changes meanwhile may or may not be in it. */
  abstract all(): AsyncIterable<readonly StoredInvite[]>;

  /** Forgets an invitation and its key. @returns whether there was such a one */
  abstract remove(token: string): Promise<boolean>;

  /** Forgets those that were stored before `time` (ms since the epoch) and still wait. */
  abstract purgeWaiting(time: number): Promise<void>;

  /** Whether an invitation is stored with this key. Unpadded standard base64. */
  abstract hasEphemeralKey(publicKey: string): Promise<boolean>;
}
