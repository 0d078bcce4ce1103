import type { ValidationSession } from '../domain/validation/validation-session.js';
import type { Threepid } from '../domain/identifiers/threepid.js';

/** Validation sessions, and the number of guesses at their tokens. */
export abstract class SessionStore {
  abstract get(sid: string): Promise<ValidationSession | undefined>;

  /** The session of this threepid and client secret; there is at most one. */
  abstract find(threepid: Threepid, clientSecret: string): Promise<ValidationSession | undefined>;

  /**
   * Adds a session and replaces an older one with the same threepid and client secret. If several are added at the same
   * time, one is stored and returned to all callers.
   *
   * @param aliveSince an existing session is kept and returned if it was modified at or after this time (ms since the
   *   epoch)
   */
  abstract findOrAdd(session: ValidationSession, aliveSince: number): Promise<ValidationSession>;

  /**
   * Records when a session was validated, ms since the epoch, as its last modification. Changes nothing else: its
   * message may be sent at the same time.
   */
  abstract markValidated(sid: string, validatedAt: number): Promise<void>;

  /** Replaces the session with the same sid. No effect if it does not exist. */
  abstract save(session: ValidationSession): Promise<void>;

  /**
   * Adds a session with the right to send its token for this attempt, and replaces an older one with the same threepid
   * and client secret.
   *
   * @param aliveSince as for `findOrAdd`
   * @returns whether it was added; not if there is one that was modified at or after `aliveSince`
   */
  abstract addClaimed(session: ValidationSession, aliveSince: number, attempt: number): Promise<boolean>;

  /**
   * Claims the right to send the token of a session for this attempt; of several instances one gets it. While another
   * one is sending, waits until it has sent, has given up, or is considered dead.
   *
   * @returns whether the caller has to send; not if the attempt was sent, or if the session does not exist
   */
  abstract claimSend(sid: string, attempt: number): Promise<boolean>;

  /** Gives the claim back after sending has failed, so that the attempt can be repeated. */
  abstract releaseSend(sid: string, attempt: number): Promise<void>;

  /**
   * Records that the token was sent for this attempt, with the link of its request. No effect after a later attempt.
   *
   * @param isNew whether the session was added for this attempt, with this link. The record may then be lost in a power
   *   failure: if the attempt is requested again, its message is sent again
   */
  abstract markSent(sid: string, attempt: number, nextLink: string | undefined, isNew?: boolean): Promise<void>;

  /**
   * Increments the number of guesses at the token of a session.
   *
   * @returns the number of guesses, including this one; no two callers get the same number. The count of a replaced
   *   session starts again at zero; without a session nothing is counted
   */
  abstract countGuess(sid: string): Promise<number>;

  /**
   * Gives a session a new token and resets the number of guesses, if it is not validated and its token was guessed at
   * `most` times or more. Otherwise no effect.
   *
   * @param most a whole number, at least 1
   * @returns the session afterwards, `undefined` if it does not exist
   */
  abstract renew(sid: string, token: string, most: number): Promise<ValidationSession | undefined>;

  /** Removes sessions last modified before `time`, ms since the epoch. */
  abstract purge(time: number): Promise<void>;
}
