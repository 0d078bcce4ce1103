import type { PepperStore, ScheduledPepper } from '../../../src/ports/pepper-store.js';

export class MemoryPepperStore implements PepperStore {
  private peppers: readonly ScheduledPepper[] = [];

  async all(): Promise<readonly ScheduledPepper[]> {
    return this.peppers;
  }

  async add(scheduled: ScheduledPepper, after: string | undefined): Promise<void> {
    if (this.peppers.at(-1)?.pepper !== after) return;
    const before = this.peppers.filter(({ announcedFrom }) => announcedFrom < scheduled.announcedFrom);
    this.peppers = [...before, scheduled];
  }

  async purge(time: number): Promise<void> {
    const lastDue = this.peppers.findLastIndex(({ announcedFrom }) => announcedFrom <= time);
    this.peppers = this.peppers.slice(Math.max(lastDue, 0));
  }
}
