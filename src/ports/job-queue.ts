import type { Job, JobKind, NewJob } from '../domain/jobs/job.js';

/** Which jobs an instance wants, and how many. */
export interface JobRequest {
  /** Who asks: the name of an instance and a mark of its life, `<name>/<mark>`. */
  readonly holder: string;
  readonly kinds: readonly JobKind[];
  /** Those that were never tried, or those that were. */
  readonly attempt: 'first' | 'later';
  /** ms since the epoch. */
  readonly time: number;
  readonly limit: number;
  /** The most that the holder may have in hand of one destination, what it has already included. */
  readonly perDestination: number;
  /** How many the holder has in hand of each destination. */
  readonly inHand: ReadonlyMap<string, number>;
  /** Which ones come first where there are more than the limit. */
  readonly order: 'oldest' | 'newest';
}

/** That somebody has a job in hand. */
export interface JobLease {
  readonly id: string;
  readonly holder: string;
  /** Changes whenever the holder renews it. */
  readonly beat: number;
}

/** How much waits of one kind, which need not be one that we know. */
export interface JobBacklog {
  readonly kind: string;
  readonly waiting: number;
  /** How many of these were tried before. */
  readonly retried: number;
  /** When the oldest was added, ms since the epoch. */
  readonly oldestAt: number;
}

/**
 * A durable queue. Jobs survive restarts, and each is in the hands of one holder at a time. Kinds
 * that nobody asks for stay as they are.
 */
export abstract class JobQueue {
  abstract add(jobs: readonly NewJob[]): Promise<void>;

  /** Has `listener` called with the kinds of what was added by this instance, here or by a store, once it can be taken. */
  abstract onAdded(listener: (kinds: readonly JobKind[]) => void): void;

  /**
   * Takes jobs that are due and free. Due is also what is to run later than `LONGEST_DELAY_MS` from
   * now: the clock was wrong when it was added.
   */
  abstract take(request: JobRequest): Promise<readonly Job[]>;

  /** Changes the beat of these, as far as the holder has them. @param time ms since the epoch */
  abstract renew(holder: string, ids: readonly string[], time: number): Promise<void>;

  /** Everything that anybody has in hand. */
  abstract leases(): Promise<readonly JobLease[]>;

  /** Frees jobs whose holder died, as far as the lease is still the same, and counts an attempt. @returns how many */
  abstract release(leases: readonly JobLease[]): Promise<number>;

  /** Done: it is gone, if the holder still has it. @returns whether it had */
  abstract remove(id: string, holder: string): Promise<boolean>;

  /** Counts an attempt and frees the job for `runAt`, ms since the epoch, if the holder still has it. */
  abstract retry(id: string, holder: string, runAt: number, failure: string): Promise<void>;

  /** Frees the job for `runAt`, ms since the epoch, as if it had not been taken, if the holder still has it. */
  abstract putBack(id: string, holder: string, runAt: number): Promise<void>;

  /** Puts off whatever is free and due at `time` for one destination, and counts an attempt. Both times ms since the epoch. */
  abstract postpone(destination: string, time: number, runAt: number, failure: string): Promise<void>;

  /** Jobs of one kind, taken or not, in the order in which they were added, in pages. */
  abstract list<Kind extends JobKind>(kind: Kind): AsyncIterable<readonly Job<Kind>[]>;

  /** How much waits or is in hand, by kind. */
  abstract backlog(): Promise<readonly JobBacklog[]>;
}
