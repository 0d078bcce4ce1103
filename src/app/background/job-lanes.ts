import type { JobKind } from '../../domain/jobs/job.js';
import { MINUTE_MS } from '../../domain/shared/durations.js';

/** A lane: the kinds of jobs that share limits. Lanes run in parallel and do not wait for each other. */
export interface Lane {
  readonly name: string;
  readonly kinds: readonly JobKind[];
  readonly attempt: 'first' | 'later';
  /** How many jobs can have a slot at once. */
  readonly width: number;
  /**
   * After this time, a job gives up its slot but keeps running. A server that does not answer must not delay other
   * jobs.
   */
  readonly slotMs: number;
  /** The maximum number of running jobs, including those that gave up their slot. */
  readonly mostInHand: number;
  /** The maximum number of running jobs for one destination. */
  readonly perDestination: number;
  /** How long running jobs may continue at shutdown before they are put back into the queue. */
  readonly graceMs: number;
  /** The longest pause of a destination that fails. */
  readonly longestOpenMs: number;
  /** Whether the destination is a server of this installation. Its failure is then logged as an error. */
  readonly isOwnServer?: boolean;
}

/** An interrupted mail may be sent twice, so the job may run until its own time limit. */
const MAIL = {
  kinds: ['invite-mail', 'invite-digest'],
  slotMs: Infinity,
  graceMs: 20_500,
  longestOpenMs: MINUTE_MS,
  isOwnServer: true,
} as const;
/** Notifying a homeserver twice has no effect, so shutdown does not wait long for these jobs. */
const HOMESERVERS = {
  kinds: ['onbind'],
  slotMs: 1_000,
  perDestination: 4,
  graceMs: 3_000,
  longestOpenMs: 30 * MINUTE_MS,
} as const;
const OWN = { kinds: ['notify-bound'], slotMs: Infinity, graceMs: 10_000, longestOpenMs: MINUTE_MS } as const;

/**
 * First attempts never wait for retries, and mails never wait for homeservers. A homeserver that does not answer
 * occupies one slot for one second.
 */
export const LANES: readonly Lane[] = [
  { ...MAIL, name: 'mails', attempt: 'first', width: 5, mostInHand: 5, perDestination: 5 },
  { ...MAIL, name: 'mails again', attempt: 'later', width: 2, mostInHand: 2, perDestination: 2 },
  { ...HOMESERVERS, name: 'homeservers', attempt: 'first', width: 16, mostInHand: 320 },
  { ...HOMESERVERS, name: 'homeservers again', attempt: 'later', width: 4, mostInHand: 240 },
  { ...OWN, name: 'bindings', attempt: 'first', width: 16, mostInHand: 16, perDestination: 16 },
  { ...OWN, name: 'bindings again', attempt: 'later', width: 2, mostInHand: 2, perDestination: 2 },
];
