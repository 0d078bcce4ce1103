import type { CONTESTED, Finding } from '../../src/domain/association.js';
import { lookupHash } from '../../src/domain/hashing.js';
import type { Mxid } from '../../src/domain/mxid.js';
import { keyOf, type Threepid } from '../../src/domain/threepid.js';
import type { ThreepidSource } from '../../src/ports/threepid-source.js';

type Known = readonly (readonly [Threepid, Mxid | typeof CONTESTED])[];

/** A source that knows a few addresses, by text and by hash, and remembers what it was asked. */
export class FakeSource implements ThreepidSource {
  /** Keys and hashes of each question. */
  readonly asked: (readonly string[])[] = [];
  /** Thrown instead of answering. */
  failure: Error | undefined;

  constructor(
    readonly name: string,
    private readonly known: Known = [],
    readonly isOwner = false,
    readonly isForeign = false,
  ) {}

  async find(threepids: readonly Threepid[]): Promise<readonly Finding[]> {
    this.asked.push(threepids.map(keyOf));
    if (this.failure) throw this.failure;
    const wanted = new Set(threepids.map(keyOf));
    return this.known
      .filter(([threepid]) => wanted.has(keyOf(threepid)))
      .map(([threepid, mxid]) =>
        typeof mxid === 'symbol' ? { threepid, contestedBy: ['cn=a', 'cn=b'] } : { threepid, mxid },
      );
  }

  async findHashes(pepper: string, hashes: readonly string[]): Promise<ReadonlyMap<string, Mxid | typeof CONTESTED>> {
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
