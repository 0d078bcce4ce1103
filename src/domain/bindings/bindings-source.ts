import type { AssociationStore } from '../../ports/association-store.js';
import type { Clock } from '../../ports/clock.js';
import type { ClaimReader, HashIndex } from '../../ports/hash-index.js';
import type { SourceTrace, ThreepidSource } from '../../ports/threepid-source.js';
import { type Association, type AMBIGUOUS } from '../associations/association.js';
import { BINDINGS } from '../associations/binding.js';
import type { Mxid } from '../identifiers/mxid.js';
import type { Threepid } from '../identifiers/threepid.js';

/** The bindings stored by this server, as a source like the others. */
export class BindingsSource implements ThreepidSource {
  readonly name = BINDINGS;

  constructor(
    private readonly store: AssociationStore,
    private readonly index: HashIndex,
    private readonly clock: Clock,
  ) {}

  async find(threepids: readonly Threepid[]): Promise<readonly Association[]> {
    const now = this.clock.now();
    const bindings = await this.store.find(threepids);
    return bindings.filter(({ notBefore, notAfter, suspended }) => !suspended && notBefore <= now && now <= notAfter);
  }

  async findHashes(pepper: string, hashes: readonly string[]): Promise<ReadonlyMap<string, Mxid | typeof AMBIGUOUS>> {
    return this.index.findAll(BINDINGS, pepper, hashes);
  }

  async explain(threepid: Threepid): Promise<readonly SourceTrace[]> {
    const since = this.clock.now();
    const [[finding], bound] = await Promise.all([this.find([threepid]), this.store.find([threepid])]);
    const [suspended] = bound.flatMap(({ mxid, suspended }) => (suspended ? { mxid, ...suspended } : []));
    const tookMs = this.clock.now() - since;
    return [{ via: 'live', finding, tookMs, notes: [], ...(suspended && { suspended }) }];
  }
}

/** Reads all bindings that are not suspended, as stored. */
export const ownClaims =
  (store: AssociationStore): ClaimReader =>
  () =>
    store.claims();
