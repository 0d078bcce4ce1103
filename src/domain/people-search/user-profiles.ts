import type { Clock } from '../../ports/clock.js';
import type { UserDirectory, UserDirectoryCaller, UserProfile } from '../../ports/user-directory.js';
import { homeserverOf, type Mxid } from '../identifiers/mxid.js';

/** Cached because clients search several times a second while a person types. */
const REMEMBERED_MS = 5 * 60_000;
/** After a failure, a homeserver that is slow is not asked for this profile on every search. */
const FAILED_MS = 30_000;
const MOST = 10_000;
/** Profiles that are requested for one search. */
const MOST_ASKED = 10;

interface Cached {
  readonly profile: Promise<UserProfile | undefined>;
  readonly until: number;
}

/** The profiles of users, as their homeserver shows them to one of its other users; cached briefly. */
export class UserProfiles {
  private readonly cached = new Map<string, Cached>();

  constructor(
    private readonly directory: Pick<UserDirectory, 'profile'>,
    private readonly clock: Clock,
  ) {}

  /**
   * The profiles that the homeserver of a user knows and shows to them: of the first few users, and only of users of the
   * same homeserver, because others would have to be requested from theirs. Never rejects.
   */
  async find(user: Mxid, caller: UserDirectoryCaller, mxids: readonly Mxid[]): Promise<ReadonlyMap<Mxid, UserProfile>> {
    const asked = mxids.filter((mxid) => homeserverOf(mxid) === homeserverOf(user)).slice(0, MOST_ASKED);
    const found = await Promise.all(asked.map(async (mxid) => [mxid, await this.get(user, caller, mxid)] as const));
    return new Map(found.flatMap(([mxid, profile]) => (profile ? [[mxid, profile] as const] : [])));
  }

  private get(user: Mxid, caller: UserDirectoryCaller, mxid: Mxid): Promise<UserProfile | undefined> {
    // What a homeserver shows may depend on who asks.
    const key = `${user} ${mxid}`;
    const known = this.cached.get(key);
    const now = this.clock.now();
    if (known && now < known.until) return known.profile;
    const profile = this.directory.profile(caller, mxid).catch(() => {
      this.keep(key, { profile: Promise.resolve(undefined), until: this.clock.now() + FAILED_MS });
      return undefined;
    });
    this.keep(key, { profile, until: now + REMEMBERED_MS });
    return profile;
  }

  private keep(key: string, entry: Cached): void {
    this.cached.delete(key);
    const [oldest] = this.cached.keys();
    if (this.cached.size >= MOST && oldest !== undefined) this.cached.delete(oldest);
    this.cached.set(key, entry);
  }
}
