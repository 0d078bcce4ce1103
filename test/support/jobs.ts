import { JOB_KINDS, type Job, type JobKind, type JobPayloads } from '../../src/domain/jobs/job.js';
import type { JobQueue, JobRequest } from '../../src/ports/job-queue.js';

/** A request for all jobs, for tests. */
export const wanted = (request: Partial<JobRequest> & { readonly time: number }): JobRequest => ({
  holder: 'test/1',
  kinds: JOB_KINDS,
  attempt: 'first',
  limit: 1_000,
  perDestination: 1_000,
  inHand: new Map(),
  order: 'oldest',
  ...request,
});

/** The queued jobs of one kind; they stay in the queue. */
export async function queued<Kind extends JobKind>(queue: JobQueue, kind: Kind): Promise<readonly JobPayloads[Kind][]> {
  const payloads: JobPayloads[Kind][] = [];
  for await (const page of queue.list(kind)) payloads.push(...page.map(({ payload }) => payload));
  return payloads;
}

/** Takes all jobs that are due, first attempts before retries, and removes them as done. */
export async function takeAll(queue: JobQueue, time: number): Promise<readonly Job[]> {
  const jobs = [...(await queue.take(wanted({ time }))), ...(await queue.take(wanted({ time, attempt: 'later' })))];
  for (const { id } of jobs) await queue.remove(id, 'test/1');
  return jobs;
}
