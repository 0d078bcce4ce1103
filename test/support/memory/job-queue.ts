import { type Job, type JobKind, LONGEST_DELAY_MS, type NewJob, destinationOf } from '../../../src/domain/jobs/job.js';
import type { JobBacklog, JobLease, JobQueue, JobRequest } from '../../../src/ports/job-queue.js';
import { pagesOf } from './chunks.js';

interface Kept {
  readonly job: Job;
  readonly queuedAt: number;
  readonly holder: string | undefined;
  readonly beat: number;
}

export class MemoryJobQueue implements JobQueue {
  private readonly kept = new Map<string, Kept>();
  private readonly listeners: ((kinds: readonly JobKind[]) => void)[] = [];
  private lastId = 0;

  async add(jobs: readonly NewJob[]): Promise<void> {
    this.queue(jobs);
  }

  onAdded(listener: (kinds: readonly JobKind[]) => void): void {
    this.listeners.push(listener);
  }

  async take(request: JobRequest): Promise<readonly Job[]> {
    const { holder, kinds, attempt, time, limit, perDestination, inHand, order } = request;
    const numbers = new Map(inHand);
    const sign = order === 'oldest' ? 1 : -1;
    const due = [...this.kept.values()]
      .filter(({ job, holder: other }) => other === undefined && kinds.includes(job.kind) && isDue(job, time))
      .filter(({ job }) => (job.attempts === 0) === (attempt === 'first'))
      .sort((a, b) => byTime(a.job, b.job))
      .filter(({ job: { destination } }) => {
        numbers.set(destination, (numbers.get(destination) ?? 0) + 1);
        return (numbers.get(destination) ?? 0) <= perDestination;
      })
      .sort((a, b) => sign * byTime(a.job, b.job))
      .slice(0, limit);
    for (const record of due) this.kept.set(record.job.id, { ...record, holder, beat: record.beat + 1 });
    return due.map(({ job }) => job).sort(byTime);
  }

  async renew(holder: string, ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const record = this.inHandOf(id, holder);
      if (record) this.kept.set(id, { ...record, beat: record.beat + 1 });
    }
  }

  async leases(): Promise<readonly JobLease[]> {
    return [...this.kept.values()].flatMap(({ job: { id }, holder, beat }) =>
      holder === undefined ? [] : [{ id, holder, beat }],
    );
  }

  async release(leases: readonly JobLease[]): Promise<number> {
    const extended = leases.filter(({ id, holder, beat }) => this.inHandOf(id, holder)?.beat === beat);
    for (const { id, holder } of extended) this.free(id, holder, ({ attempts }) => ({ attempts: attempts + 1 }));
    return extended.length;
  }

  async remove(id: string, holder: string): Promise<boolean> {
    return this.inHandOf(id, holder) !== undefined && this.kept.delete(id);
  }

  async retry(id: string, holder: string, runAt: number, failure: string): Promise<void> {
    this.free(id, holder, ({ attempts }) => ({ attempts: attempts + 1, runAt, failure }));
  }

  async requeue(id: string, holder: string, runAt: number): Promise<void> {
    this.free(id, holder, () => ({ runAt }));
  }

  async postpone(destination: string, time: number, runAt: number, failure: string): Promise<void> {
    for (const [id, record] of this.kept) {
      const { job } = record;
      if (record.holder !== undefined || job.destination !== destination || job.runAt > time) continue;
      this.kept.set(id, { ...record, job: { ...job, attempts: job.attempts + 1, runAt, failure } });
    }
  }

  list<Kind extends JobKind>(kind: Kind): AsyncIterable<readonly Job<Kind>[]> {
    const jobs = [...this.kept.values()].flatMap(({ job }) => (job.kind === kind ? job : []));
    return pagesOf(jobs as readonly Job[] as readonly Job<Kind>[]);
  }

  async backlog(): Promise<readonly JobBacklog[]> {
    const all = [...this.kept.values()];
    return [...new Set(all.map(({ job }) => job.kind))].sort().map((kind) => {
      const ofKind = all.filter(({ job }) => job.kind === kind);
      return {
        kind,
        waiting: ofKind.length,
        retried: ofKind.filter(({ job }) => job.attempts > 0).length,
        oldestAt: Math.min(...ofKind.map(({ queuedAt }) => queuedAt)),
      };
    });
  }

  /**
   * For stores: must be called together with the change that causes the jobs, without an `await` in between. Adds all
   * jobs or throws.
   */
  queue(jobs: readonly NewJob[]): void {
    // Converted to text and back, as in a database.
    const copies = JSON.parse(JSON.stringify(jobs)) as readonly NewJob[];
    for (const copy of copies) {
      const id = String(++this.lastId);
      const job = { ...copy, id, attempts: 0, destination: destinationOf(copy), failure: undefined };
      this.kept.set(id, { job, queuedAt: copy.runAt, holder: undefined, beat: 0 });
    }
    const kinds = [...new Set(copies.map(({ kind }) => kind))];
    if (kinds.length === 0) return;
    queueMicrotask(() => {
      for (const listener of this.listeners) listener(kinds);
    });
  }

  private inHandOf(id: string, holder: string): Kept | undefined {
    const record = this.kept.get(id);
    return record?.holder === holder ? record : undefined;
  }

  private free(id: string, holder: string, change: (job: Job) => Partial<Job>): void {
    const record = this.inHandOf(id, holder);
    if (record)
      this.kept.set(id, { ...record, holder: undefined, job: { ...record.job, ...change(record.job) } as Job });
  }
}

const isDue = ({ runAt }: Job, time: number): boolean => runAt <= time || runAt > time + LONGEST_DELAY_MS;

const byTime = (a: Job, b: Job): number => a.runAt - b.runAt || Number(a.id) - Number(b.id);
