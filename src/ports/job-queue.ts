import type { JsonObject } from '../domain/signing/canonical-json.js';

/** Work that must be done although the request that caused it is over. */
export interface NewJob {
  /** Which worker does it: `onbind`, `invite-mail`. */
  readonly kind: string;
  readonly payload: JsonObject;
  /** Not before this time, ms since the epoch. */
  readonly runAt: number;
}

export interface Job extends NewJob {
  readonly id: string;
  /** How often it was tried before. */
  readonly attempts: number;
}

/** A durable queue. Jobs survive restarts; each is given to one instance at a time. */
export abstract class JobQueue {
  abstract add(jobs: readonly NewJob[]): Promise<void>;

  /**
   * Takes jobs that are due at `time` (ms since the epoch), oldest first, and hides them from
   * everybody until `hiddenUntil`: whoever dies with one loses it to the next after that.
   */
  abstract take(time: number, leaseUntil: number, limit: number): Promise<readonly Job[]>;

  /** Done, or given up: it is gone. */
  abstract remove(id: string): Promise<void>;

  /** Counts an attempt and shows the job again at `runAt`, ms since the epoch. */
  abstract retry(id: string, runAt: number): Promise<void>;
}
