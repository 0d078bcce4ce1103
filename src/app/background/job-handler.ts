import type { JobKind, JobPayloads } from '../../domain/jobs/job.js';

/** Runs one kind of job. */
export interface JobHandler<Kind extends JobKind> {
  /**
   * Runs the job. If the promise rejects, the job is retried later.
   *
   * @param attempts how many attempts were made before
   * @throws PermanentJobError if a retry cannot help
   * @throws DestinationDownError if the required server fails, for this job and for others
   */
  run(payload: JobPayloads[Kind], attempts: number): Promise<void>;

  /** Called when the job has failed for several days and is given up. */
  giveUp?(payload: JobPayloads[Kind], reason: string): Promise<void>;
}

export type JobHandlers = { readonly [Kind in JobKind]: JobHandler<Kind> };

/** Thrown by a handler if the job can never succeed. */
export class PermanentJobError extends Error {
  override readonly name = 'PermanentJobError';
}

/** Thrown by a handler if its server cannot be reached or does not work. */
export class DestinationDownError extends Error {
  override readonly name = 'DestinationDownError';
}
