import { BINDINGS } from '../../domain/association.js';
import type { Claim, SourcedEntry } from '../../domain/directory.js';
import { eldest, type Holder, judge, type OwnedBinding, sinceReturn, withAddresses } from '../../domain/holder.js';
import type { Mxid } from '../../domain/mxid.js';
import type { Departures, HolderStore } from '../../ports/holder-store.js';
import type { MemoryAccountStore } from './account-store.js';
import type { MemoryAssociationStore } from './association-store.js';
import type { MemoryChangeFeed } from './change-feed.js';
import type { Holders } from './holders.js';
import type { MemoryMirrorStore } from './mirror-store.js';
import { pagesOf } from './paging.js';
import type { MemoryTermsStore } from './terms-store.js';

interface Neighbours {
  readonly feed: MemoryChangeFeed;
  readonly associations: MemoryAssociationStore;
  readonly mirrors: MemoryMirrorStore;
  readonly accounts: MemoryAccountStore;
  readonly terms: MemoryTermsStore;
}

export class MemoryHolderStore implements HolderStore {
  constructor(
    private readonly holders: Holders,
    private readonly neighbours: Neighbours,
  ) {}

  async find(mxids: readonly Mxid[]): Promise<readonly Holder[]> {
    return [...new Set(mxids)].flatMap((mxid) => this.of(mxid)).sort(byTime);
  }

  async unrecorded(source: string): Promise<readonly SourcedEntry[]> {
    const { associations, accounts } = this.neighbours;
    const names = new Set([
      ...associations.owned().map(({ binding }) => binding.mxid),
      ...accounts.users(),
      ...this.holders.all().map(({ mxid }) => mxid),
    ]);
    return this.neighbours.mirrors
      .everything()
      .filter(({ source: its, id, person }) => {
        return its === source && person && names.has(person.mxid) && !this.holders.has(person.mxid, source, id);
      })
      .slice(0, 1_000);
  }

  async add(holders: readonly Holder[]): Promise<void> {
    this.holders.add(holders);
    this.endBefore(holders);
  }

  async attach(): Promise<void> {
    for (const owned of this.neighbours.associations.owned()) {
      if (owned.person !== undefined) continue;
      const here = this.of(owned.binding.mxid).filter(({ leftAt }) => leftAt === undefined);
      const person = eldest(here)?.person;
      if (person !== undefined) this.neighbours.associations.keep({ ...owned, person });
    }
  }

  async succession(source: string): Promise<number> {
    const hasEntry = this.entriesOf(source);
    const names = new Set(
      this.neighbours.mirrors
        .everything()
        .flatMap(({ source: its, person }) => (its === source ? (person?.mxid ?? []) : [])),
    );
    return this.there(source).filter((holder) => !hasEntry(holder) && names.has(holder.mxid)).length;
  }

  async follow(source: string, counting: readonly string[], time: number): Promise<Departures> {
    const { associations, accounts } = this.neighbours;
    const hasEntry = this.entriesOf(source);
    const gone = this.there(source).filter((holder) => !hasEntry(holder));
    const back = this.holders
      .all()
      .filter((holder) => holder.source === source && holder.leftAt !== undefined && hasEntry(holder));
    for (const holder of gone) this.holders.put({ ...holder, leftAt: time });
    const returned = back.map(
      (holder): Holder => ({
        ...holder,
        since: sinceReturn(holder, this.of(holder.mxid), time),
        leftAt: undefined,
        addresses: [],
      }),
    );
    for (const holder of returned) this.holders.put(holder);

    const { suspended, resumed } = judge(associations.owned(), this.holders.all(), counting);
    for (const { binding, person, suspension } of suspended) {
      associations.keep({ binding: { ...binding, suspended: suspension }, person });
    }
    for (const holder of withAddresses(this.holders.all(), suspended)) this.holders.put(holder);
    for (const owned of resumed) {
      const { suspended: _suspension, ...binding } = owned.binding;
      associations.keep({ ...owned, binding });
    }
    if (suspended.length + resumed.length > 0) {
      const claims = { removed: suspended.map(claimOf), added: resumed.map(claimOf) };
      this.neighbours.feed.write([{ source: BINDINGS, ...claims, isReload: false }]);
    }

    const left = new Set(gone.filter((holder) => !this.isHere(holder, counting)).map(({ mxid }) => mxid));
    for (const mxid of left) accounts.endBefore(mxid, Infinity);
    this.endBefore(returned);
    return {
      left: left.size,
      returned: new Set(back.map(({ mxid }) => mxid)).size,
      suspended: suspended.length,
      resumed: resumed.length,
    };
  }

  left(): AsyncIterable<readonly Holder[]> {
    return pagesOf(this.holders.all().filter(({ leftAt }) => leftAt !== undefined));
  }

  async replace(source: string, counting: readonly string[], time: number): Promise<void> {
    const its = ({ mxid }: Holder) => this.of(mxid).filter((one) => one.source === source);
    const former = this.holders.all().filter((holder) => !counting.includes(holder.source));
    const same = former.filter((holder) =>
      its(holder).some(({ person, entryId }) => person === holder.person || entryId === holder.entryId),
    );
    const ousted = former.filter(
      (holder) => !same.includes(holder) && its(holder).some(({ leftAt }) => leftAt === undefined),
    );
    const settled = new Set([...same, ...ousted]);
    this.holders.remove((holder) => settled.has(holder));
    this.holders.add(ousted.map((holder) => ({ ...holder, source, leftAt: holder.leftAt ?? time })));
  }

  async forget(source: string): Promise<void> {
    this.holders.remove((holder) => holder.source === source);
  }

  private endBefore(holders: readonly Holder[]): void {
    for (const { mxid, since } of holders) {
      if (since === undefined) continue;
      this.neighbours.accounts.endBefore(mxid, since);
      this.neighbours.terms.endBefore(mxid, since);
    }
  }

  private isHere({ mxid, person }: Holder, counting: readonly string[]): boolean {
    return this.of(mxid).some(
      (one) => one.person === person && one.leftAt === undefined && counting.includes(one.source),
    );
  }

  private there(source: string): readonly Holder[] {
    return this.holders.all().filter((holder) => holder.source === source && holder.leftAt === undefined);
  }

  private of(mxid: Mxid): readonly Holder[] {
    return this.holders.of(mxid).toSorted(byTime);
  }

  /** Whether a holder has an entry in this mirror under the name. */
  private entriesOf(source: string): (holder: Holder) => boolean {
    const all = this.neighbours.mirrors.everything().filter((entry) => entry.source === source);
    const names = new Map(all.map(({ id, person }) => [id, person?.mxid]));
    return ({ entryId, mxid }) => names.get(entryId) === mxid;
  }
}

const byTime = (a: Holder, b: Holder): number => (a.since ?? 0) - (b.since ?? 0);

const claimOf = ({ binding: { threepid, mxid } }: OwnedBinding): Claim => ({ threepid, mxid });
