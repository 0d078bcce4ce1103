import type { Job, JobQueue, NewJob } from '../../../src/ports/job-queue.js';

export class MemoryJobQueue implements JobQueue {
  private readonly jobs = new Map<string, Job>();
  private readonly leaseUntil = new Map<string, number>();
  private lastId = 0;

  async add(jobs: readonly NewJob[]): Promise<void> {
    this.queue(jobs);
  }

  async take(time: number, leaseUntil: number, limit: number): Promise<readonly Job[]> {
    const due = [...this.jobs.values()]
      .filter(({ id, runAt }) => runAt <= time && (this.leaseUntil.get(id) ?? 0) <= time)
      .sort((a, b) => a.runAt - b.runAt)
      .slice(0, limit);
    for (const { id } of due) this.leaseUntil.set(id, leaseUntil);
    return due;
  }

  async remove(id: string): Promise<void> {
    this.jobs.delete(id);
    this.leaseUntil.delete(id);
  }

  async retry(id: string, runAt: number): Promise<void> {
    const job = this.jobs.get(id);
    if (job) this.jobs.set(id, { ...job, attempts: job.attempts + 1, runAt });
    this.leaseUntil.delete(id);
  }

  /** For stores: with the change that causes them, nothing awaited in between. Takes all of them or throws. */
  queue(jobs: readonly NewJob[]): void {
    // As text and back, as a database would have them.
    const copies: NewJob[] = JSON.parse(JSON.stringify(jobs));
    for (const job of copies) {
      const id = String(++this.lastId);
      this.jobs.set(id, { ...job, id, attempts: 0 });
    }
  }
}
