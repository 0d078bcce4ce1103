import type { AMBIGUOUS, Finding } from '../../src/domain/associations/association.js';
import { lookupHash } from '../../src/domain/identifiers/lookup-hash.js';
import type { Mxid } from '../../src/domain/identifiers/mxid.js';
import { keyOf, type Threepid } from '../../src/domain/identifiers/threepid.js';
import type { ThreepidSource } from '../../src/ports/threepid-source.js';

type Known = readonly (readonly [Threepid, Mxid | typeof AMBIGUOUS])[];

/** A source with a few addresses, by text and by hash, that records its lookups. */
export class FakeSource implements ThreepidSource {
  /** The keys and hashes of each lookup. */
  readonly asked: (readonly string[])[] = [];
  /** If set, each lookup rejects with this error. */
  failure: Error | undefined;

  constructor(
    readonly name: string,
    private readonly known: Known = [],
    readonly isAuthoritative = false,
    readonly isExternal = false,
  ) {}

  async find(threepids: readonly Threepid[]): Promise<readonly Finding[]> {
    this.asked.push(threepids.map(keyOf));
    if (this.failure) throw this.failure;
    const wanted = new Set(threepids.map(keyOf));
    return this.known
      .filter(([threepid]) => wanted.has(keyOf(threepid)))
      .map(([threepid, mxid]) =>
        typeof mxid === 'symbol' ? { threepid, claimants: ['cn=a', 'cn=b'] } : { threepid, mxid },
      );
  }

  async findHashes(pepper: string, hashes: readonly string[]): Promise<ReadonlyMap<string, Mxid | typeof AMBIGUOUS>> {
    this.asked.push(hashes);
    if (this.failure) throw this.failure;
    const wanted = new Set(hashes);
    return new Map(
      this.known
        .map(([threepid, mxid]) => [lookupHash(threepid, pepper), mxid] as const)
        .filter(([hash]) => wanted.has(hash)),
    );
  }
}
