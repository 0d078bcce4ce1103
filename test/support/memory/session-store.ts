import { keyOf, type Threepid } from '../../../src/domain/identifiers/threepid.js';
import type { ValidationSession } from '../../../src/domain/validation/validation-session.js';
import type { SessionStore } from '../../../src/ports/session-store.js';

export class MemorySessionStore implements SessionStore {
  private readonly sessions = new Map<string, ValidationSession>();
  private readonly sids = new Map<string, string>();
  private readonly guesses = new Map<string, number>();
  /** The attempts that are being sent, by session, and who waits for their end. */
  private readonly claims = new Map<string, { readonly attempt: number; readonly waiting: (() => void)[] }>();

  async get(sid: string): Promise<ValidationSession | undefined> {
    return this.sessions.get(sid);
  }

  async find(threepid: Threepid, clientSecret: string): Promise<ValidationSession | undefined> {
    return this.sessions.get(this.sids.get(pairOf(threepid, clientSecret)) ?? '');
  }

  async findOrAdd(session: ValidationSession, aliveSince: number): Promise<ValidationSession> {
    const pair = pairOf(session.threepid, session.clientSecret);
    const older = this.sessions.get(this.sids.get(pair) ?? '');
    if (older && older.modifiedAt >= aliveSince) return older;
    if (older) this.remove(older);
    this.sessions.set(session.sid, session);
    this.sids.set(pair, session.sid);
    return session;
  }

  async markValidated(sid: string, validatedAt: number): Promise<void> {
    const session = this.sessions.get(sid);
    if (session) this.sessions.set(sid, { ...session, validatedAt, modifiedAt: validatedAt });
  }

  async save(session: ValidationSession): Promise<void> {
    if (!this.sessions.has(session.sid)) return;
    this.sessions.set(session.sid, session);
    await this.releaseSend(session.sid, session.sendAttempt);
  }

  async addClaimed(session: ValidationSession, aliveSince: number, attempt: number): Promise<boolean> {
    if ((await this.findOrAdd(session, aliveSince)) !== session) return false;
    this.claims.set(session.sid, { attempt, waiting: [] });
    return true;
  }

  async claimSend(sid: string, attempt: number): Promise<boolean> {
    for (;;) {
      const session = this.sessions.get(sid);
      if (!session || session.sendAttempt >= attempt) return false;
      const claim = this.claims.get(sid);
      if (!claim || claim.attempt < attempt) {
        this.claims.set(sid, { attempt, waiting: [] });
        return true;
      }
      await new Promise<void>((resolve) => claim.waiting.push(resolve));
    }
  }

  async releaseSend(sid: string, attempt: number): Promise<void> {
    const claim = this.claims.get(sid);
    if (claim?.attempt !== attempt) return;
    this.claims.delete(sid);
    for (const resume of claim.waiting) resume();
  }

  async markSent(sid: string, attempt: number, nextLink: string | undefined): Promise<void> {
    const session = this.sessions.get(sid);
    if (session && session.sendAttempt < attempt) await this.save({ ...session, sendAttempt: attempt, nextLink });
  }

  async countGuess(sid: string): Promise<number> {
    const guesses = (this.guesses.get(sid) ?? 0) + 1;
    if (this.sessions.has(sid)) this.guesses.set(sid, guesses);
    return guesses;
  }

  async renew(sid: string, token: string, most: number): Promise<ValidationSession | undefined> {
    const session = this.sessions.get(sid);
    if (!session || session.validatedAt !== undefined || (this.guesses.get(sid) ?? 0) < most) return session;
    const renewed = { ...session, token };
    this.sessions.set(sid, renewed);
    this.guesses.delete(sid);
    return renewed;
  }

  async purge(time: number): Promise<void> {
    for (const session of this.sessions.values()) if (session.modifiedAt < time) this.remove(session);
  }

  private remove({ sid, threepid, clientSecret }: ValidationSession): void {
    this.sessions.delete(sid);
    this.sids.delete(pairOf(threepid, clientSecret));
    this.guesses.delete(sid);
  }
}

const pairOf = (threepid: Threepid, clientSecret: string) => `${clientSecret} ${keyOf(threepid)}`;
