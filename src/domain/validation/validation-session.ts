import { createHash, timingSafeEqual } from 'node:crypto';
import type { Mxid } from '../identifiers/mxid.js';
import type { Threepid } from '../identifiers/threepid.js';

/** "within a 24-hour period since its most recent modification" */
export const SESSION_LIFETIME_MS = 24 * 60 * 60 * 1000;

/** A proof, in progress or completed, that a person holds a threepid. Spec: "Validation sessions". */
export interface ValidationSession {
  readonly sid: string;
  readonly threepid: Threepid;
  /** Chosen by the client; together with the sid it authorises the use of this session. */
  readonly clientSecret: string;
  /** Sent to the address; the client must submit it. */
  readonly token: string;
  /** The highest attempt that was delivered; -1 before the first, because clients may count from 0. */
  readonly sendAttempt: number;
  /** The URL to which the validation page redirects. */
  readonly nextLink: string | undefined;
  /** ms since the epoch; `undefined` until validated. */
  readonly validatedAt: number | undefined;
  /** ms since the epoch. */
  readonly openedAt: number;
  /** The user who requested it; absent in version 1 of the API, which has no users. */
  readonly openedBy?: Mxid | undefined;
  /** When it was opened or validated, ms since the epoch. */
  readonly modifiedAt: number;
}

export const isExpired = (session: ValidationSession, now: number): boolean =>
  now - session.modifiedAt > SESSION_LIFETIME_MS;

/** Spec: appendix "Opaque identifiers": client secrets, sids and invite tokens. */
export const isOpaqueId = (text: string): boolean => /^[0-9a-zA-Z.=_-]{1,255}$/.test(text) && !text.endsWith('\n');

/** Compares two secrets in constant time. */
export function sameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
