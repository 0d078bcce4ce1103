import type { JobKind } from '../../domain/jobs/job.js';

/** What runs side by side, and of what. No lane waits for another. */
export interface Lane {
  readonly name: string;
  readonly kinds: readonly JobKind[];
  readonly attempt: 'first' | 'later';
  /** Jobs that are begun at once. */
  readonly width: number;
  /** After so long a job makes room for the next, although it goes on: who is silent must not hold up the others. */
  readonly slotMs: number;
  /** The most that go on at once, those that made room included. */
  readonly mostInHand: number;
  /** The most that go on at once for one destination. */
  readonly perDestination: number;
  /** How long what is under way may go on when the server ends, before it is put back. */
  readonly graceMs: number;
  /** The longest time for which a destination that fails is left alone. */
  readonly longestRestMs: number;
  /** Whether the destination is a server of this installation: then its failure is an alarm. */
  readonly isOwnServer?: boolean;
}

const MINUTE_MS = 60_000;

/** A mail that is cut may be sent twice: it may end within its own time limit. */
const MAIL = {
  kinds: ['invite-mail', 'invite-digest'],
  slotMs: Infinity,
  graceMs: 20_500,
  longestRestMs: MINUTE_MS,
  isOwnServer: true,
} as const;
/** Told twice, a homeserver does nothing: this is no reason to wait. */
const HOMESERVERS = {
  kinds: ['onbind'],
  slotMs: 1_000,
  perDestination: 4,
  graceMs: 3_000,
  longestRestMs: 30 * MINUTE_MS,
} as const;
const OWN = { kinds: ['notify-bound'], slotMs: Infinity, graceMs: 10_000, longestRestMs: MINUTE_MS } as const;

/**
 * What is tried for the first time never waits for what failed before; nor mails for homeservers. A
 * homeserver's silence costs the others a second of one place.
 */
export const LANES: readonly Lane[] = [
  { ...MAIL, name: 'mails', attempt: 'first', width: 5, mostInHand: 5, perDestination: 5 },
  { ...MAIL, name: 'mails again', attempt: 'later', width: 2, mostInHand: 2, perDestination: 2 },
  { ...HOMESERVERS, name: 'homeservers', attempt: 'first', width: 16, mostInHand: 320 },
  { ...HOMESERVERS, name: 'homeservers again', attempt: 'later', width: 4, mostInHand: 240 },
  { ...OWN, name: 'bindings', attempt: 'first', width: 4, mostInHand: 4, perDestination: 4 },
  { ...OWN, name: 'bindings again', attempt: 'later', width: 2, mostInHand: 2, perDestination: 2 },
];
