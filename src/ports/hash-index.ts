import type { AMBIGUOUS } from '../domain/associations/association.js';
import type { Claim } from '../domain/associations/claim.js';
import type { Mxid } from '../domain/identifiers/mxid.js';

/** All claims of a source as they are stored now, in pages. May be read again at any time. */
export type ClaimReader = () => AsyncIterable<readonly Claim[]>;

/**
 * Claims by lookup hash, in memory, per source and live pepper. Asking is synchronous and costs the
 * same however much is stored; building happens off the event loop.
 *
 * Claims are a set: adding one twice is adding it once. What is applied while a source is being
 * loaded, or a pepper prepared, is in the result.
 */
export abstract class HashIndex {
  /**
   * Loads a source anew under every live pepper. Until that is done the former content answers. Of
   * several loads the one that was called last counts.
   *
   * @throws what the reader throws; then the former content stays
   */
  abstract load(source: string, claims: ClaimReader): Promise<void>;

  /**
   * Removes, then adds; what is both removed and added is never missing. Right in the next `find`
   * after it resolves. Calls take effect in their order. Ignored for a source never loaded.
   */
  abstract apply(source: string, removed: readonly Claim[], added: readonly Claim[]): Promise<void>;

  /**
   * Makes a pepper live: hashes every loaded source under it. Resolves when `find` is complete under
   * it; until then it is not live.
   *
   * @throws what a reader throws; then the pepper is not live
   */
  abstract prepare(pepper: string): Promise<void>;

  /** Ends a pepper that is live or being prepared, and gives its memory back. */
  abstract retire(pepper: string): void;

  /** The peppers that are live now. */
  abstract peppers(): readonly string[];

  /**
   * Whose this hash is, as far as `source` knows; `CONTESTED` if two users claim it, or one whose
   * name is claimed by two people. `undefined` for unknown hashes, for text that is no hash, for a
   * source never loaded and for a pepper that is not live.
   */
  abstract find(source: string, pepper: string, hash: string): Mxid | typeof AMBIGUOUS | undefined;

  /**
   * How many claims of a source it holds under each live pepper, and in how many bytes all of it. Of
   * use only while a pepper is live.
   */
  abstract size(source: string): { readonly claims: number; readonly bytes: number };

  /** Ends its helpers. Nothing may be asked afterwards. */
  abstract close(): Promise<void>;
}
