import type { Clock } from '../ports/clock.js';
import type { Evidence, ThreepidSource } from '../ports/threepid-source.js';
import type { AccountChecks } from './account-checks.js';
import { CONTESTED, type Finding, isContested } from './association.js';
import { evidenceOf } from './evidence.js';
import type { Mxid } from './mxid.js';
import type { Threepid } from './threepid.js';

/**
 * A source whose people are answered only if they have an account. An address of somebody who has none
 * still belongs to her: where the source is an owner, no later one is asked for it.
 */
export class CheckedSource implements ThreepidSource {
  readonly name: string;
  readonly isOwner: boolean;
  readonly isForeign: boolean;

  /** @param isListed whether all its people are met in its mirror anyway */
  constructor(
    private readonly source: ThreepidSource,
    private readonly isListed: boolean,
    private readonly checks: AccountChecks,
    private readonly clock: Clock,
  ) {
    this.name = source.name;
    this.isOwner = source.isOwner ?? false;
    this.isForeign = source.isForeign ?? false;
  }

  async find(threepids: readonly Threepid[]): Promise<readonly Finding[]> {
    return (await this.source.find(threepids)).flatMap((finding): readonly Finding[] => {
      if (isContested(finding)) return [finding];
      const { threepid, mxid } = finding;
      if (!this.isListed) this.checks.meet(mxid);
      if (!this.isWithheld(mxid)) return [finding];
      return this.isOwner ? [{ threepid, contestedBy: [`${mxid}, who has no account`] }] : [];
    });
  }

  findOwners(threepids: readonly Threepid[]): Promise<readonly Finding[]> {
    return this.source.find(threepids);
  }

  async findHashes(pepper: string, hashes: readonly string[]): Promise<ReadonlyMap<string, Mxid | typeof CONTESTED>> {
    const found = new Map(await this.source.findHashes?.(pepper, hashes));
    for (const [hash, answer] of found) {
      if (answer === CONTESTED || !this.isWithheld(answer)) continue;
      if (this.isOwner) found.set(hash, CONTESTED);
      else found.delete(hash);
    }
    return found;
  }

  async explain(threepid: Threepid): Promise<readonly Evidence[]> {
    const evidence = await evidenceOf(this.source, threepid, this.clock);
    return Promise.all(
      evidence.map(async (one) => {
        if (!one.finding || isContested(one.finding)) return one;
        const { mxid } = one.finding;
        const unknown = { mxid, exists: undefined, answeredAt: undefined };
        return { ...one, account: (await this.checks.find(mxid)) ?? unknown };
      }),
    );
  }

  private isWithheld(mxid: Mxid): boolean {
    if (!this.checks.isAbsent(mxid)) return false;
    this.checks.want(mxid);
    return true;
  }
}
