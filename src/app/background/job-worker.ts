import type { Clock } from '../../ports/clock.js';
import type { Job, JobQueue } from '../../ports/job-queue.js';
import type { Telemetry } from '../../ports/telemetry.js';
import { runPeriodically, type Schedule } from './periodic.js';

const POLL_MS = 1_000;
const AT_ONCE = 10;
/** Longer than any handler's own time limits: whoever dies with a job loses it to the next after this. */
const HIDDEN_MS = 5 * 60 * 1000;
const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 60 * 60 * 1000;
/** About a week at the longest pause. */
const MOST_ATTEMPTS = 180;

/** Does a job, or rejects: then it is tried again later, unless asking again cannot help. */
export type JobHandler = (payload: Job['payload']) => Promise<void>;

/** Thrown by a handler whose work can never succeed. */
export class PermanentJobError extends Error {
  override readonly name = 'PermanentJobError';
}

/** Works off the durable queue until it is closed. */
export function runJobs(
  jobs: JobQueue,
  handlers: Readonly<Record<string, JobHandler>>,
  clock: Clock,
  telemetry: Telemetry,
): Schedule {
  return runPeriodically(POLL_MS, 'jobs', telemetry, async () => {
    let due: readonly Job[];
    do {
      due = await jobs.take(clock.now(), clock.now() + HIDDEN_MS, AT_ONCE);
      await Promise.all(due.map(work));
    } while (due.length === AT_ONCE);
  });

  async function work(job: Job): Promise<void> {
    const facts = { kind: job.kind, job: job.id, attempt: job.attempts + 1 };
    const handler = handlers[job.kind];
    try {
      if (!handler) throw new PermanentJobError('this version of Islet knows no such job');
      await handler(job.payload);
      await jobs.remove(job.id);
      telemetry.count('jobs', { kind: job.kind, result: 'done' });
      telemetry.debug('job done', { event: 'job_done', ...facts });
    } catch (cause) {
      if (cause instanceof PermanentJobError || job.attempts + 1 >= MOST_ATTEMPTS) {
        await jobs.remove(job.id);
        telemetry.count('jobs', { kind: job.kind, result: 'failed' });
        telemetry.error('job failed permanently', { event: 'job_failed', ...facts }, cause);
      } else {
        await jobs.retry(job.id, clock.now() + retryAfterMs(job.attempts));
        telemetry.count('jobs', { kind: job.kind, result: 'retried' });
        telemetry.warn('job failed, will be retried', { event: 'job_retried', ...facts }, cause);
      }
    }
  }
}

export const retryAfterMs = (attempts: number): number =>
  Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempts, 20), LONGEST_RETRY_MS);
