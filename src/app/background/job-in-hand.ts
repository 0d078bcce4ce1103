import type { Job } from '../../domain/jobs/job.js';
import type { Lane } from './job-lanes.js';

/** A job that this instance is working on. */
export interface JobInHand {
  readonly job: Job;
  readonly lane: Lane;
  /** Whether the job still occupies a slot of its lane. */
  hasSlot: boolean;
  readonly ended: Promise<void>;
}

/** Resolves when the job has ended, or after the time that its lane allows at shutdown. */
export async function endWithin({ ended, lane }: JobInHand): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, lane.graceMs);
  });
  await Promise.race([ended, late]);
  clearTimeout(timer);
}

/** How many jobs of a lane are in hand, by destination. */
export function busyIn(jobs: Iterable<JobInHand>, lane: Lane): ReadonlyMap<string, number> {
  const busy = new Map<string, number>();
  for (const { job, ...held } of jobs) {
    if (held.lane === lane) busy.set(job.destination, (busy.get(job.destination) ?? 0) + 1);
  }
  return busy;
}
