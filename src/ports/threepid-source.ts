import type { AccountCheck } from '../domain/account-checks/account-check.js';
import type { Ambiguous, Association, AMBIGUOUS, Finding } from '../domain/associations/association.js';
import type { Mxid } from '../domain/identifiers/mxid.js';
import type { Threepid } from '../domain/identifiers/threepid.js';

/** One way by which a source came to its answer, for the operator. */
export interface SourceTrace {
  /** `live`, `mirror`, … */
  readonly via: string;
  readonly finding: Finding | undefined;
  /** Why this way gave no answer; such a way is passed over, not taken for "unknown". */
  readonly failure?: string;
  /** When what answered was read from its origin, ms since the epoch. */
  readonly asOf?: number;
  readonly tookMs: number;
  /** Whose it would be, had that user not left: who, since when (ms since the epoch), and which directory. */
  readonly suspended?: { readonly mxid: Mxid; readonly since: number; readonly source: string };
  /** What else helps: distinguished names, entries left out and why. */
  readonly notes: readonly string[];
  /** What is known of the account of the user it found, where that decides whether she is answered. */
  readonly account?: AccountCheck;
}

/**
 * The names of the identity servers that a question has come by before it came to us, the nearest
 * last. A foreign source tells them and our own to whom it asks, so that questions do not go in circles.
 */
export type ViaPath = readonly string[];

/** Something that knows which user is behind a threepid. */
export abstract class ThreepidSource {
  /** As configured; unique, and stable across restarts. */
  abstract readonly name: string;

  /** Whether its word forbids binding a threepid to anybody else, as a directory's does. */
  readonly isAuthoritative?: boolean;

  /** Whether it is somebody else's: it is told what somebody is looking for just now, and nothing besides. */
  readonly isExternal?: boolean;

  /**
   * What it knows of `threepids`: whose they are, or that it cannot say. Unknown ones are left out,
   * the order is free, and there may be thousands. Rejects if it could not find out.
   */
  abstract find(threepids: readonly Threepid[], viaPath?: ViaPath): Promise<readonly Finding[]>;

  /** Whose these are by right, where that is more than whom it answers. */
  findOwners?(threepids: readonly Threepid[]): Promise<readonly Finding[]>;

  /** Those of these that it does not answer for although they are somebody's: nobody else may have them. */
  findWithheld?(threepids: readonly Threepid[]): Promise<readonly Ambiguous[]>;

  /** Everything it knows. A source that can list itself is mirrored and takes part in hashed lookups. */
  all?(): AsyncIterable<Association>;

  /**
   * Answers lookup hashes itself, under a pepper it knows; from others it knows nothing. Unknown
   * hashes are left out.
   */
  findHashes?(
    pepper: string,
    hashes: readonly string[],
    viaPath?: ViaPath,
  ): Promise<ReadonlyMap<string, Mxid | typeof AMBIGUOUS>>;

  /** Ends its connections. Nothing is asked afterwards. */
  close?(): void | Promise<void>;

  /** How it would answer for one threepid, every way it has, the one that counts first. */
  explain?(threepid: Threepid): Promise<readonly SourceTrace[]>;
}
