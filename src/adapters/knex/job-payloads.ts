import type { JobKind, NewJob } from '../../domain/jobs/job.js';
import { JOB_KINDS } from '../../domain/jobs/job.js';
import type { SecretBox } from '../../ports/secret-box.js';

/** How a job kind is stored: its names in the table, the one for new jobs first, and whether its payload is secret. */
interface StoredKind {
  readonly names: readonly [string, ...string[]];
  readonly isSealed: boolean;
}

/**
 * Jobs for invitations contain tokens that allow joining a room, so they are sealed. Sealed jobs have different names,
 * because older versions ignore unknown names. Jobs stored in clear text can still be read.
 */
const STORED: Readonly<Record<JobKind, StoredKind>> = {
  'notify-bound': { names: ['welcome', 'notify-bound'], isSealed: false },
  onbind: { names: ['sealed-onbind', 'onbind'], isSealed: true },
  'invite-mail': { names: ['sealed-invite-mail', 'invite-mail'], isSealed: true },
  'invite-digest': { names: ['invite-digest'], isSealed: false },
};

/** The names of a kind in the table. */
export const storedNames = (kind: JobKind): readonly string[] => STORED[kind].names;

/** `undefined` for kinds of newer versions. */
export const kindOf = (stored: string): JobKind | undefined =>
  JOB_KINDS.find((kind) => STORED[kind].names.includes(stored));

/** A job as stored: its name, and its payload as JSON, sealed if necessary. */
export function storedJob({ kind, payload }: NewJob, box: SecretBox): readonly [name: string, payload: string] {
  const { names, isSealed } = STORED[kind];
  const text = JSON.stringify(payload);
  return [names[0], isSealed ? box.seal('job', text) : text];
}

/** The payload of a job as JSON. @returns `undefined` if it was sealed with an unknown key */
export const openPayload = (payload: string, box: SecretBox): string | undefined =>
  payload.startsWith('{') ? payload : box.open('job', payload);
