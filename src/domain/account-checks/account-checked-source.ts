import type { Clock } from '../../ports/clock.js';
import type { SourceTrace, ThreepidSource, ViaPath } from '../../ports/threepid-source.js';
import type { AccountStatusCache } from './account-status-cache.js';
import { AMBIGUOUS, type Finding, isAmbiguous } from '../associations/association.js';
import { ownersIn } from '../lookup/owners.js';
import { explainSource } from '../lookup/explain-source.js';
import type { Mxid } from '../identifiers/mxid.js';
import type { Threepid } from '../identifiers/threepid.js';

/**
 * A source that returns users only if they have an account. An address of a user without an account still belongs to
 * that user: if the source is authoritative, later sources are not queried for it.
 */
export class AccountCheckedSource implements ThreepidSource {
  readonly name: string;
  readonly isAuthoritative: boolean;
  readonly isExternal: boolean;

  /**
   * @param isListed whether all users of the source are read from its mirror anyway
   * @param isRechecked whether a user that was found is checked again: used if nothing else reports users who have left
   */
  constructor(
    private readonly source: ThreepidSource,
    private readonly kind: { readonly isListed: boolean; readonly isRechecked: boolean },
    private readonly accountStatuses: AccountStatusCache,
    private readonly clock: Clock,
  ) {
    this.name = source.name;
    this.isAuthoritative = source.isAuthoritative ?? false;
    this.isExternal = source.isExternal ?? false;
  }

  async find(threepids: readonly Threepid[], viaPath?: ViaPath, onMirror?: () => void): Promise<readonly Finding[]> {
    return (await this.source.find(threepids, viaPath, onMirror)).flatMap((finding): readonly Finding[] => {
      if (isAmbiguous(finding)) return [finding];
      const { threepid, mxid } = finding;
      if (!this.kind.isListed) this.accountStatuses.enqueue(mxid);
      if (!this.isWithheld(mxid)) return [finding];
      return this.isAuthoritative ? [{ threepid, claimants: [`${mxid} (no account)`] }] : [];
    });
  }

  findOwners(threepids: readonly Threepid[]): Promise<readonly Finding[]> {
    return ownersIn(this.source, threepids);
  }

  async findHashes(pepper: string, hashes: readonly string[]): Promise<ReadonlyMap<string, Mxid | typeof AMBIGUOUS>> {
    const found = new Map(await this.source.findHashes?.(pepper, hashes));
    for (const [hash, answer] of found) {
      if (answer === AMBIGUOUS || !this.isWithheld(answer)) continue;
      if (this.isAuthoritative) found.set(hash, AMBIGUOUS);
      else found.delete(hash);
    }
    return found;
  }

  async explain(threepid: Threepid): Promise<readonly SourceTrace[]> {
    const traces = await explainSource(this.source, threepid, this.clock);
    return Promise.all(
      traces.map(async (trace) => {
        if (!trace.finding || isAmbiguous(trace.finding)) return trace;
        const { mxid } = trace.finding;
        const unknown = { mxid, exists: undefined, answeredAt: undefined };
        return { ...trace, account: (await this.accountStatuses.find(mxid)) ?? unknown };
      }),
    );
  }

  private isWithheld(mxid: Mxid): boolean {
    if (!this.accountStatuses.isAbsent(mxid)) {
      if (this.kind.isRechecked) this.accountStatuses.recheck(mxid);
      return false;
    }
    this.accountStatuses.requestCheck(mxid);
    return true;
  }
}
