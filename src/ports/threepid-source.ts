import type { AccountCheck } from '../domain/account-checks/account-check.js';
import type { Ambiguous, Association, AMBIGUOUS, Finding } from '../domain/associations/association.js';
import type { Mxid } from '../domain/identifiers/mxid.js';
import type { Threepid } from '../domain/identifiers/threepid.js';

/** One step by which a source determined its answer, for the operator. */
export interface SourceTrace {
  /** `live`, `mirror`, … */
  readonly via: string;
  readonly finding: Finding | undefined;
  /** Why this step gave no answer. It is then skipped, and does not mean "unknown". */
  readonly failure?: string;
  /** When the data was read from its origin, ms since the epoch. */
  readonly asOf?: number;
  readonly tookMs: number;
  /**
   * The user who would own the threepid, had they not left: the user ID, since when (ms since the epoch), and the
   * directory.
   */
  readonly suspended?: { readonly mxid: Mxid; readonly since: number; readonly source: string };
  /** Further details: distinguished names, entries left out and why. */
  readonly notes: readonly string[];
  /** What is known about the account of the user that was found, if the answer depends on it. */
  readonly account?: AccountCheck;
}

/**
 * The names of the identity servers through which a lookup reached this server, the nearest last. An external source
 * sends them, with the name of this server, to the next server, to prevent request loops.
 */
export type ViaPath = readonly string[];

/** A source that knows which user a threepid belongs to. */
export abstract class ThreepidSource {
  /** As configured; unique, and stable across restarts. */
  abstract readonly name: string;

  /** Whether it prevents binding a threepid to another user, as a directory does. */
  readonly isAuthoritative?: boolean;

  /** Whether another party runs it. It is sent only what a user is looking up at the moment. */
  readonly isExternal?: boolean;

  /**
   * The findings for `threepids`: the user, or that the source cannot decide. Unknown ones are left out, in any order.
   * There may be thousands. Rejects if the source could not be queried.
   *
   * @param onMirror called if the source failed, and its last good copy answers
   */
  abstract find(threepids: readonly Threepid[], viaPath?: ViaPath, onMirror?: () => void): Promise<readonly Finding[]>;

  /** The owners of these threepids, including those that `find` does not return. */
  findOwners?(threepids: readonly Threepid[]): Promise<readonly Finding[]>;

  /** Those of these threepids that belong to a person but are not answered: no other user may bind them. */
  findWithheld?(threepids: readonly Threepid[]): Promise<readonly Ambiguous[]>;

  /** All associations. A source that can be listed is mirrored and takes part in hashed lookups. */
  all?(): AsyncIterable<Association>;

  /**
   * Answers lookup hashes itself, under a pepper that it knows; it has no answers for other peppers. Unknown hashes are
   * left out.
   */
  findHashes?(
    pepper: string,
    hashes: readonly string[],
    viaPath?: ViaPath,
  ): Promise<ReadonlyMap<string, Mxid | typeof AMBIGUOUS>>;

  /** Closes its connections. No method may be called afterwards. */
  close?(): void | Promise<void>;

  /** How it would answer for one threepid: every step, the decisive one first. */
  explain?(threepid: Threepid): Promise<readonly SourceTrace[]>;
}
