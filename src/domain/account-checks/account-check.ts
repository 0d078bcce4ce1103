import type { Mxid } from '../identifiers/mxid.js';

/** What is known of whether a user has an account. */
export interface AccountCheck {
  readonly mxid: Mxid;
  /** What the homeserver said last; `undefined` before its first answer. */
  readonly exists: boolean | undefined;
  /** When it said so, ms since the epoch. */
  readonly answeredAt: number | undefined;
}
