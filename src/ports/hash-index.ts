import type { AMBIGUOUS } from '../domain/associations/association.js';
import type { Claim } from '../domain/associations/claim.js';
import type { ClaimPage } from '../domain/associations/claim-text.js';
import type { Mxid } from '../domain/identifiers/mxid.js';

/** All claims of a source as currently stored, in pages. May be read repeatedly. */
export type ClaimReader = () => AsyncIterable<ClaimPage>;

/**
 * Claims by lookup hash, in memory, per source and live pepper. Lookups are synchronous and take constant time; the
 * index is built off the event loop.
 *
 * Claims are a set: adding a claim twice has no further effect. Changes applied while a source is being loaded, or a
 * pepper is being prepared, are included in the result.
 */
export abstract class HashIndex {
  /**
   * Reloads a source under every live pepper. The previous content is used until the load is complete. If several loads
   * overlap, the one called last counts.
   *
   * @throws the error of the reader; the previous content is then kept
   */
  abstract load(source: string, claims: ClaimReader): Promise<void>;

  /**
   * Removes claims, then adds claims. A claim that is both removed and added is never missing. Changes are visible to
   * `find` when the promise resolves. Calls take effect in order. Ignored for a source that was never loaded.
   */
  abstract apply(source: string, removed: readonly Claim[], added: readonly Claim[]): Promise<void>;

  /**
   * Makes a pepper live: hashes every loaded source with it. Resolves when `find` is complete for the pepper; the
   * pepper is not live before that.
   *
   * @throws the error of a reader; the pepper is then not live
   */
  abstract prepare(pepper: string): Promise<void>;

  /** Removes a pepper that is live or being prepared, and frees its memory. */
  abstract retire(pepper: string): void;

  /** The peppers that are live now. */
  abstract peppers(): readonly string[];

  /**
   * The user of this hash, according to `source`; `AMBIGUOUS` if two users claim it, or if its user ID is claimed by
   * two people. `undefined` for unknown hashes, for text that is not a hash, for a source that was never loaded, and
   * for a pepper that is not live.
   */
  abstract find(source: string, pepper: string, hash: string): Mxid | typeof AMBIGUOUS | undefined;

  /** The same for many hashes at once. Unknown ones are left out. */
  abstract findAll(
    source: string,
    pepper: string,
    hashes: readonly string[],
  ): ReadonlyMap<string, Mxid | typeof AMBIGUOUS>;

  /**
   * The number of claims of a source under each live pepper, and the memory of all of them in bytes. Meaningful only
   * while a pepper is live.
   */
  abstract size(source: string): { readonly claims: number; readonly bytes: number };

  /** Stops its workers. No method may be called afterwards. */
  abstract close(): Promise<void>;
}
