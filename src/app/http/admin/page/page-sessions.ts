import { createHash } from 'node:crypto';
import type { Clock } from '../../../../ports/clock.js';
import type { Random } from '../../../../ports/random.js';

const LINK_MS = 5 * 60_000;
const SESSION_MS = 60 * 60_000;
const MOST_LINKS = 20;
const MOST_SESSIONS = 200;
/** 48 letters and digits are 285 bits. */
const LENGTH = 48;

/** After this many wrong links, all links are refused for a while without a check. */
const MOST_WRONG = 10;
const WRONG_MS = 60_000;

/** A browser that an administrator signed in. */
export interface PageSession {
  /** As stated at sign-in, or by the proxy. */
  readonly administrator: string;
  /** Must be in every form: another page cannot read it. */
  readonly formToken: string;
  /** Whether a trusted proxy signed them in: then each request must come through it, in the same name. */
  readonly isByProxy: boolean;
  /** ms since the epoch */
  readonly endsAt: number;
}

interface Link {
  readonly suggestedName: string | undefined;
  readonly endsAt: number;
}

/** Names of administrators: also in the audit trail, in one word. */
export const isAdministratorName = (text: string): boolean => /^[\w.@-]{1,64}$/.test(text);

/**
 * One-time links and the sessions that they open. Both are kept in memory, as hashes. A restart ends them, and a reader
 * of the process memory cannot use them in a request.
 */
export class PageSessions {
  private readonly links = new Map<string, Link>();
  private readonly sessions = new Map<string, PageSession>();
  private wrongAt: number[] = [];

  constructor(
    private readonly random: Random,
    private readonly clock: Clock,
  ) {}

  /** @param suggestedName the name of the operator who requests the link */
  openLink(suggestedName?: string): { readonly link: string; readonly endsAt: number } {
    const link = this.random.text(LENGTH);
    const endsAt = this.clock.now() + LINK_MS;
    this.links.set(hashOf(link), { suggestedName, endsAt });
    shorten(this.links, MOST_LINKS);
    return { link, endsAt };
  }

  /**
   * The name to suggest when this link is opened; `undefined` if the link cannot be used. Does not count as an attempt.
   */
  peekLink(link: string): { readonly suggestedName: string | undefined } | undefined {
    const found = this.links.get(hashOf(link));
    return found && found.endsAt > this.clock.now() ? found : undefined;
  }

  /**
   * Opens a session with a link, which cannot be used again.
   *
   * @returns the id for the cookie, or why there is none: the link is wrong, or there were too many wrong ones
   */
  signIn(link: string, administrator: string): { readonly id: string } | { readonly problem: 'wrong' | 'limited' } {
    const now = this.clock.now();
    this.wrongAt = this.wrongAt.filter((at) => at > now - WRONG_MS);
    if (this.wrongAt.length >= MOST_WRONG) return { problem: 'limited' };
    if (!this.peekLink(link)) {
      this.wrongAt.push(now);
      return { problem: 'wrong' };
    }
    this.links.delete(hashOf(link));
    return { id: this.open(administrator, false) };
  }

  /** Opens a session in the name that a trusted proxy states. @returns the id for the cookie */
  open(administrator: string, isByProxy: boolean): string {
    const id = this.random.text(LENGTH);
    const session = { administrator, formToken: this.random.text(LENGTH), isByProxy };
    this.sessions.set(hashOf(id), { ...session, endsAt: this.clock.now() + SESSION_MS });
    shorten(this.sessions, MOST_SESSIONS);
    return id;
  }

  find(id: string): PageSession | undefined {
    const session = this.sessions.get(hashOf(id));
    return session && session.endsAt > this.clock.now() ? session : undefined;
  }

  end(id: string): void {
    this.sessions.delete(hashOf(id));
  }
}

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('base64');

/** Removes the oldest. */
function shorten(map: Map<string, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}
