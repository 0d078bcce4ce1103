import type { Mxid } from '../identifiers/mxid.js';

/** What is known about whether a user has an account. */
export interface AccountCheck {
  readonly mxid: Mxid;
  /** The last answer of the homeserver; `undefined` before its first answer. */
  readonly exists: boolean | undefined;
  /** When the homeserver answered, ms since the epoch. */
  readonly answeredAt: number | undefined;
}
