import { type Binding } from '../../../src/domain/associations/binding.js';
import { BINDINGS } from '../../../src/domain/associations/binding.js';
import type { Claim } from '../../../src/domain/associations/claim.js';
import type { OwnedBinding } from '../../../src/domain/deprovisioning/user-id-assignment.js';
import { bindingKey } from '../../../src/domain/identifiers/mailbox.js';
import type { Mxid } from '../../../src/domain/identifiers/mxid.js';
import { keyOf, type Threepid } from '../../../src/domain/identifiers/threepid.js';
import type { AssociationStore } from '../../../src/ports/association-store.js';
import type { NewJob } from '../../../src/domain/jobs/job.js';
import type { MemoryChangeFeed } from './change-feed.js';
import type { MemoryJobQueue } from './job-queue.js';
import { pagesOf } from './chunks.js';

export class MemoryAssociationStore implements AssociationStore {
  private readonly bindings = new Map<string, OwnedBinding>();

  constructor(
    private readonly feed: MemoryChangeFeed,
    private readonly jobs: MemoryJobQueue,
  ) {}

  async find(threepids: readonly Threepid[]): Promise<readonly Binding[]> {
    return [...new Set(threepids.map(keyOf))].flatMap((key) => this.bindings.get(key)?.binding ?? []);
  }

  async bind(binding: Binding, jobs: readonly NewJob[]): Promise<void> {
    const key = keyOf(binding.threepid);
    const former = this.spelled(binding.threepid);
    this.jobs.queue(jobs);
    for (const { threepid } of former) this.bindings.delete(keyOf(threepid));
    this.bindings.set(key, { binding, person: undefined });
    this.tell(former.map(claimOf), [claimOf(binding)]);
  }

  async unbind(threepid: Threepid, mxid: Mxid): Promise<boolean> {
    const bound = this.spelled(threepid).filter((candidate) => candidate.mxid === mxid);
    if (bound.length === 0) return false;
    for (const binding of bound) this.bindings.delete(keyOf(binding.threepid));
    this.tell(bound.map(claimOf), []);
    return true;
  }

  async purge(time: number): Promise<void> {
    const over = this.owned().flatMap(({ binding }) => (binding.notAfter < time ? binding : []));
    for (const { threepid } of over) this.bindings.delete(keyOf(threepid));
    if (over.length > 0) this.tell(over.map(claimOf), []);
  }

  async boundUsers(mxids: readonly Mxid[]): Promise<ReadonlySet<Mxid>> {
    return new Set(this.owned().flatMap(({ binding: { mxid } }) => (mxids.includes(mxid) ? mxid : [])));
  }

  all(): AsyncIterable<readonly Binding[]> {
    return pagesOf(this.owned().map(({ binding }) => binding));
  }

  claims(): AsyncIterable<readonly Claim[]> {
    return pagesOf(this.owned().flatMap(({ binding }) => (binding.suspended ? [] : claimOf(binding))));
  }

  /** For stores: all bindings with their owners. */
  owned(): readonly OwnedBinding[] {
    return [...this.bindings.values()];
  }

  /** For stores: replaces an existing binding. */
  keep(owned: OwnedBinding): void {
    this.bindings.set(keyOf(owned.binding.threepid), owned);
  }

  /** For stores: removes a binding without a change of what is found. */
  drop({ binding }: OwnedBinding): void {
    this.bindings.delete(keyOf(binding.threepid));
  }

  private spelled(threepid: Threepid): readonly Binding[] {
    const isSame = (candidate: Threepid) =>
      candidate.medium === threepid.medium && bindingKey(candidate) === bindingKey(threepid);
    return this.owned().flatMap(({ binding }) => (isSame(binding.threepid) ? binding : []));
  }

  private tell(removed: readonly Claim[], added: readonly Claim[]): void {
    this.feed.write([{ source: BINDINGS, removed, added, isReload: false }]);
  }
}

const claimOf = ({ threepid, mxid }: Binding): Claim => ({ threepid, mxid });
