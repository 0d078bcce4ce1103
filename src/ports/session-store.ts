import type { ValidationSession } from '../domain/validation/validation-session.js';
import type { Threepid } from '../domain/identifiers/threepid.js';

/** Validation sessions and how often their token was guessed. */
export abstract class SessionStore {
  abstract get(sid: string): Promise<ValidationSession | undefined>;

  /** The session of this threepid and client secret; there is at most one. */
  abstract find(threepid: Threepid, clientSecret: string): Promise<ValidationSession | undefined>;

  /**
   * Adds a session, in place of an older one of the same threepid and client secret. Of several
   * that are added at the same moment one stays, and all callers are given that one.
   *
   * @param aliveSince an older one is kept, and given back, if it was modified at or after this
   *   (ms since the epoch)
   */
  abstract findOrAdd(session: ValidationSession, aliveSince: number): Promise<ValidationSession>;

  /** Replaces the session of the same sid. Nothing happens if there is none. */
  abstract save(session: ValidationSession): Promise<void>;

  /**
   * Counts one more guess at the token of a session.
   *
   * @returns how many there were, this one included; no two callers are given the same number. A
   *   session put in place of an older one starts anew; without a session nothing is counted
   */
  abstract countGuess(sid: string): Promise<number>;

  /**
   * Gives a session that is not validated another token and starts counting anew, if its token was
   * guessed at `most` times or more; otherwise nothing happens.
   *
   * @param most a whole number from 1 up
   * @returns the session as it is then, `undefined` if there is none
   */
  abstract renew(sid: string, token: string, most: number): Promise<ValidationSession | undefined>;

  /** Removes what was last modified before `time`, ms since the epoch. */
  abstract purge(time: number): Promise<void>;
}
