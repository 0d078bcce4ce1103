import type { Claim } from '../domain/associations/claim.js';
import type { Mxid } from '../domain/identifiers/mxid.js';

/** What changed in the claims of one source. A claim that is removed and added stays. */
export interface ClaimChange {
  readonly source: string;
  readonly removed: readonly Claim[];
  readonly added: readonly Claim[];
  /** More changed than is worth telling one by one: load the source again. No claims are told then. */
  readonly isReload: boolean;
  /** The user IDs of entries that changed, where people are searched by name. Absent: none. */
  readonly people?: readonly Mxid[];
}

export interface Changes {
  readonly changes: readonly ClaimChange[];
  /** Where the next reading starts. */
  readonly position: number;
}

/**
 * What other parts of the house, and other instances on the same database, changed in the stored
 * claims, in the order in which it became visible. Stores write it in the transaction of the change.
 */
export abstract class ChangeFeed {
  /** The position after everything that is visible now. */
  abstract position(): Promise<number>;

  /** All changes after `position`; `undefined` if they are no longer kept: load everything again. */
  abstract since(position: number): Promise<Changes | undefined>;

  /** Calls back soon after somebody changed something, at the latest after a second, until `close`. */
  abstract onChange(listener: () => void): { close(): void };

  /** Forgets changes made before `time`, ms since the epoch. */
  abstract purge(time: number): Promise<void>;
}
