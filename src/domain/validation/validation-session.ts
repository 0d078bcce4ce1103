import { createHash, timingSafeEqual } from 'node:crypto';
import type { Mxid } from '../identifiers/mxid.js';
import type { Threepid } from '../identifiers/threepid.js';

/** "within a 24-hour period since its most recent modification" */
export const SESSION_LIFETIME_MS = 24 * 60 * 60 * 1000;

/** One proof, under way or done, that somebody holds a threepid. Spec: "Validation sessions". */
export interface ValidationSession {
  readonly sid: string;
  readonly threepid: Threepid;
  /** Chosen by the client; together with the sid it is the right to use this session. */
  readonly clientSecret: string;
  /** What was sent to the address and has to come back. */
  readonly token: string;
  /** The highest attempt that was delivered; -1 before the first, for clients may count from 0. */
  readonly sendAttempt: number;
  /** Where the page that validates sends its visitor. */
  readonly nextLink: string | undefined;
  /** ms since the epoch; `undefined` until validated. */
  readonly validatedAt: number | undefined;
  /** ms since the epoch. */
  readonly openedAt: number;
  /** The user who asked for it; version 1 of the API knows none. */
  readonly openedBy?: Mxid | undefined;
  /** Opened or validated, ms since the epoch. */
  readonly modifiedAt: number;
}

export const isExpired = (session: ValidationSession, now: number): boolean =>
  now - session.modifiedAt > SESSION_LIFETIME_MS;

/** Spec: appendix "Opaque identifiers": client secrets, sids and invite tokens. */
export const isOpaqueId = (text: string): boolean => /^[0-9a-zA-Z.=_-]{1,255}$/.test(text) && !text.endsWith('\n');

/** Compares two secrets in a time that tells nothing of where they differ. */
export function sameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
