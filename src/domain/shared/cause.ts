/** Who caused a change, and by which request: for the audit trail. */
export interface Cause {
  /** `islet`, `session` (somebody who proved that the address is theirs), `operator anna`, or the name of a user or homeserver. */
  readonly by: string;
  readonly requestId?: string;
  /** IP address. */
  readonly client?: string;
}

/** Islet itself: an expiry, or a sync of a directory. */
export const BY_ISLET: Cause = { by: 'islet' };

export const BY_IMPORT: Cause = { by: 'import' };
