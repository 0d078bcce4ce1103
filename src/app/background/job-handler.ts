import type { JobKind, JobPayloads } from '../../domain/jobs/job.js';

/** How one kind of job is done. */
export interface JobHandler<Kind extends JobKind> {
  /**
   * Does it, or rejects: then it is tried again later.
   *
   * @param attempts how often it was tried before
   * @throws PermanentJobError if trying again cannot help
   * @throws DestinationDownError if the server that is needed fails, for this job and for others
   */
  run(payload: JobPayloads[Kind], attempts: number): Promise<void>;

  /** What becomes of it when it has been tried for days. */
  giveUp?(payload: JobPayloads[Kind], reason: string): Promise<void>;
}

export type JobHandlers = { readonly [Kind in JobKind]: JobHandler<Kind> };

/** Thrown by a handler whose work can never succeed. */
export class PermanentJobError extends Error {
  override readonly name = 'PermanentJobError';
}

/** Thrown by a handler whose server cannot be reached, or does not work. */
export class DestinationDownError extends Error {
  override readonly name = 'DestinationDownError';
}
