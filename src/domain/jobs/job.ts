import { homeserverOf, type Mxid } from '../identifiers/mxid.js';
import type { Medium } from '../identifiers/threepid.js';

interface BoundThreepid {
  readonly medium: Medium;
  readonly address: string;
  readonly mxid: Mxid;
}

/** The payload of each kind of job. It is stored as JSON, and read by older and newer versions. */
export interface JobPayloads {
  /** A threepid was bound: its pending invitations must be delivered. */
  readonly 'notify-bound': BoundThreepid;
  /** A homeserver must be notified that a threepid of its user was bound, with one invitation if there is one. */
  readonly onbind: BoundThreepid & { readonly invite: string | null };
  /** An invitation must be mailed. */
  readonly 'invite-mail': {
    readonly address: string;
    readonly link: string;
    readonly brand: string | null;
    readonly acceptLanguage: string | null;
    readonly sender: string;
    readonly senderDisplayName: string | null;
    /** Older versions have neither this nor the token. */
    readonly senderAvatarUrl?: string | null;
    readonly roomName: string | null;
    readonly roomAlias: string | null;
    readonly roomAvatarUrl: string | null;
    readonly roomType: string | null;
    readonly token?: string | null;
  };
  /** All invitations to an address that were not mailed yet must be sent in one mail. */
  readonly 'invite-digest': { readonly address: string };
}

export type JobKind = keyof JobPayloads;

export const JOB_KINDS = [
  'notify-bound',
  'onbind',
  'invite-mail',
  'invite-digest',
] as const satisfies readonly JobKind[];

/** Work that must be done after the request that caused it has ended. */
export type NewJob<Kind extends JobKind = JobKind> = {
  readonly [K in Kind]: {
    readonly kind: K;
    readonly payload: JobPayloads[K];
    /** The earliest time at which the job runs, ms since the epoch. */
    readonly runAt: number;
  };
}[Kind];

export type Job<Kind extends JobKind = JobKind> = NewJob<Kind> & {
  readonly id: string;
  /** How often it was attempted before. */
  readonly attempts: number;
  /** The server that it needs, as returned by `destinationOf`. */
  readonly destination: string;
  /** Why the last attempt failed. */
  readonly failure: string | undefined;
};

/** The maximum delay of any job. A job scheduled further ahead was scheduled by a clock that was wrong. */
export const LONGEST_DELAY_MS = 2 * 60 * 60 * 1000;

/** The server that a job needs. Jobs wait only for other jobs with the same destination. */
export function destinationOf(job: Pick<NewJob, 'kind' | 'payload'>): string {
  const { kind, payload } = job as NewJob;
  switch (kind) {
    case 'notify-bound':
      return 'own database';
    case 'onbind':
      return `homeserver ${homeserverOf(payload.mxid)}`;
    case 'invite-mail':
    case 'invite-digest':
      return 'mail server';
  }
}
