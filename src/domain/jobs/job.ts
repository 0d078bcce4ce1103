import { homeserverOf, type Mxid } from '../identifiers/mxid.js';
import type { Medium } from '../identifiers/threepid.js';

interface BoundThreepid {
  readonly medium: Medium;
  readonly address: string;
  readonly mxid: Mxid;
}

/** What each kind of job needs to know. It is stored as JSON, and read by older and newer versions. */
export interface JobPayloads {
  /** A threepid has a user now; its pending invitations are to be delivered. */
  readonly 'notify-bound': BoundThreepid;
  /** A homeserver is to be told that a threepid of its user was bound, and of one invitation if that goes with it. */
  readonly onbind: BoundThreepid & { readonly invite: string | null };
  /** An invitation is to be mailed. */
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
  /** All invitations to an address that had no mail yet are to be in one. */
  readonly 'invite-digest': { readonly address: string };
}

export type JobKind = keyof JobPayloads;

export const JOB_KINDS = [
  'notify-bound',
  'onbind',
  'invite-mail',
  'invite-digest',
] as const satisfies readonly JobKind[];

/** Work that must be done although the request that caused it is over. */
export type NewJob<Kind extends JobKind = JobKind> = {
  readonly [K in Kind]: {
    readonly kind: K;
    readonly payload: JobPayloads[K];
    /** Not before this time, ms since the epoch. */
    readonly runAt: number;
  };
}[Kind];

export type Job<Kind extends JobKind = JobKind> = NewJob<Kind> & {
  readonly id: string;
  /** How often it was tried before. */
  readonly attempts: number;
  /** Whom it needs, as `destinationOf` has it. */
  readonly destination: string;
  /** Why the last attempt failed. */
  readonly failure: string | undefined;
};

/** No job is ever put off for longer than this. What lies further ahead was put there by a clock that was wrong. */
export const LONGEST_DELAY_MS = 2 * 60 * 60 * 1000;

/** The server that a job needs: those of one destination wait for each other, and for nobody else. */
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
