import type { Job, JobKind, NewJob } from '../domain/jobs/job.js';

/** Which jobs an instance wants, and how many. */
export interface JobRequest {
  /** The instance that takes jobs: its name and an id of its process, `<name>/<mark>`. */
  readonly holder: string;
  readonly kinds: readonly JobKind[];
  /** Jobs that were never attempted, or those that were. */
  readonly attempt: 'first' | 'later';
  /** ms since the epoch. */
  readonly time: number;
  readonly limit: number;
  /** The maximum number of jobs per destination that the holder may have taken, including `inHand`. */
  readonly perDestination: number;
  /** How many jobs of each destination the holder has already taken. */
  readonly inHand: ReadonlyMap<string, number>;
  /** Which jobs come first if there are more than the limit. */
  readonly order: 'oldest' | 'newest';
}

/** A job that is currently taken, and by which holder. */
export interface JobLease {
  readonly id: string;
  readonly holder: string;
  /** Changes whenever the holder renews it. */
  readonly beat: number;
}

/** The number of waiting jobs of one kind. The kind may be unknown to this version. */
export interface JobBacklog {
  readonly kind: string;
  readonly waiting: number;
  /** How many of these were attempted before. */
  readonly retried: number;
  /** When the oldest was added, ms since the epoch. */
  readonly oldestAt: number;
}

/**
 * A durable job queue. Jobs survive restarts. Each job is taken by one holder at a time. Jobs of kinds that no instance
 * requests are kept.
 */
export abstract class JobQueue {
  abstract add(jobs: readonly NewJob[]): Promise<void>;

  /**
   * Calls `listener` with the kinds of jobs that this instance added, through the queue or through a store, once they
   * can be taken.
   */
  abstract onAdded(listener: (kinds: readonly JobKind[]) => void): void;

  /**
   * Takes jobs that are due and free. A job scheduled later than `LONGEST_DELAY_MS` from now is due too: the clock was
   * wrong when it was added.
   */
  abstract take(request: JobRequest): Promise<readonly Job[]>;

  /** Changes the beat of these jobs, if the holder still has them. @param time ms since the epoch */
  abstract renew(holder: string, ids: readonly string[], time: number): Promise<void>;

  /** The leases of all taken jobs. */
  abstract leases(): Promise<readonly JobLease[]>;

  /** Frees jobs whose holder died, if the lease has not changed since, and counts an attempt. @returns how many */
  abstract release(leases: readonly JobLease[]): Promise<number>;

  /** Removes a completed job, if the holder still has it. @returns whether the holder had it */
  abstract remove(id: string, holder: string): Promise<boolean>;

  /** Counts an attempt and frees the job for `runAt`, ms since the epoch, if the holder still has it. */
  abstract retry(id: string, holder: string, runAt: number, failure: string): Promise<void>;

  /** Frees the job for `runAt`, ms since the epoch, as if it had not been taken, if the holder still has it. */
  abstract requeue(id: string, holder: string, runAt: number): Promise<void>;

  /**
   * Postpones all jobs of one destination that are free and due at `time`, and counts an attempt. Both times ms since
   * the epoch.
   */
  abstract postpone(destination: string, time: number, runAt: number, failure: string): Promise<void>;

  /** Jobs of one kind, taken or not, in pages, in the order in which they were added. */
  abstract list<Kind extends JobKind>(kind: Kind): AsyncIterable<readonly Job<Kind>[]>;

  /** The number of jobs, waiting or taken, by kind. */
  abstract backlog(): Promise<readonly JobBacklog[]>;
}
