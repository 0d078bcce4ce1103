import { hash } from 'node:crypto';
import type { Clock } from '../../ports/clock.js';
import type { Random } from '../../ports/random.js';
import type { UserDirectory, UserDirectoryCaller } from '../../ports/user-directory.js';
import type { Mxid } from '../identifiers/mxid.js';

/**
 * Cached because clients search several times a second while a person types. After a logout, a token remains valid here
 * for at most this time.
 */
const REMEMBERED_MS = 60_000;
const MOST = 10_000;

interface Caller {
  readonly user: Promise<Mxid | undefined>;
  readonly until: number;
}

/** The users of access tokens, as confirmed by their homeserver, cached briefly by a hash of the token. */
export class SearchCallers {
  private readonly callers = new Map<string, Caller>();
  private readonly salt: string;

  constructor(
    private readonly directory: UserDirectory,
    private readonly clock: Clock,
    random: Random,
  ) {
    this.salt = random.text(32);
  }

  /** @returns `undefined` if the homeserver rejects the token. @throws if the homeserver gives no usable answer */
  async find(caller: UserDirectoryCaller): Promise<Mxid | undefined> {
    const key = this.keyOf(caller.accessToken);
    const now = this.clock.now();
    const known = this.callers.get(key);
    if (known && now < known.until) return known.user;
    const user = this.directory.whoami(caller);
    this.keep(key, { user, until: now + REMEMBERED_MS });
    try {
      const found = await user;
      if (found === undefined) this.callers.delete(key);
      return found;
    } catch (error) {
      this.callers.delete(key);
      throw error;
    }
  }

  /** Removes a rejected token from the cache. */
  forget(accessToken: string): void {
    this.callers.delete(this.keyOf(accessToken));
  }

  private keep(key: string, caller: Caller): void {
    this.callers.delete(key);
    const [oldest] = this.callers.keys();
    if (this.callers.size >= MOST && oldest !== undefined) this.callers.delete(oldest);
    this.callers.set(key, caller);
  }

  private keyOf(accessToken: string): string {
    return hash('sha256', `${this.salt} ${accessToken}`, 'base64url');
  }
}
