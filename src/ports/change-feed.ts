import type { Claim } from '../domain/associations/claim.js';
import type { Mxid } from '../domain/identifiers/mxid.js';

/** What changed in the claims of one source. A claim that is both removed and added stays. */
export interface ClaimChange {
  readonly source: string;
  readonly removed: readonly Claim[];
  readonly added: readonly Claim[];
  /**
   * There are too many changes to list them one by one: load the source again. The change lists no claims in this case.
   */
  readonly isReload: boolean;
  /** The user IDs of entries that changed, where people are searched by name. Absent: none. */
  readonly people?: readonly Mxid[];
}

export interface Changes {
  readonly changes: readonly ClaimChange[];
  /** Where the next read starts. */
  readonly position: number;
}

/**
 * Changes to the stored claims that were made by other components, and by other instances on the same database, in the
 * order in which they became visible. Stores write to the feed in the transaction of the change.
 */
export abstract class ChangeFeed {
  /** The position after everything that is visible now. */
  abstract position(): Promise<number>;

  /** All changes after `position`; `undefined` if they are no longer kept: load everything again. */
  abstract since(position: number): Promise<Changes | undefined>;

  /** Calls `listener` after a change, at most a second later, until `close` is called. */
  abstract onChange(listener: () => void): { close(): void };

  /** Removes changes made before `time`, ms since the epoch. */
  abstract purge(time: number): Promise<void>;
}
