import type { ChangeFeed, Changes, ClaimChange } from '../../../src/ports/change-feed.js';
import type { Clock } from '../../../src/ports/clock.js';

export class MemoryChangeFeed implements ChangeFeed {
  private readonly listeners = new Set<() => void>();
  private kept: readonly { readonly change: ClaimChange; readonly madeAt: number }[] = [];
  /** The number of removed changes, which is the position of the last one. */
  private forgotten = 0;

  constructor(private readonly clock: Clock) {}

  async position(): Promise<number> {
    return this.forgotten + this.kept.length;
  }

  async since(position: number): Promise<Changes | undefined> {
    if (position < this.forgotten) return undefined;
    const changes = this.kept.slice(position - this.forgotten).map(({ change }) => change);
    return { changes, position: position + changes.length };
  }

  onChange(listener: () => void): { close(): void } {
    const call = () => listener(); // a separate function each time, in case a listener is registered twice
    this.listeners.add(call);
    return { close: () => this.listeners.delete(call) };
  }

  async purge(time: number): Promise<void> {
    const gone = this.kept.findLastIndex(({ madeAt }) => madeAt < time) + 1;
    this.kept = this.kept.slice(gone);
    this.forgotten += gone;
  }

  /** For stores: must be called together with the change, without an `await` in between. */
  write(changes: readonly ClaimChange[]): void {
    const madeAt = this.clock.now();
    const news = changes.map((change) => (change.isReload ? { ...change, removed: [], added: [] } : change));
    this.kept = [...this.kept, ...news.map((change) => ({ change, madeAt }))];
    for (const listener of this.listeners) listener();
  }
}
