import type { JobKind, NewJob } from '../../domain/jobs/job.js';
import { JOB_KINDS } from '../../domain/jobs/job.js';
import type { SecretBox } from '../../ports/secret-box.js';

/** How a kind is stored: the names in the table, first what we write, and whether what it needs to know is a secret. */
interface StoredKind {
  readonly names: readonly [string, ...string[]];
  readonly isSealed: boolean;
}

/**
 * Invitations are told of, and mailed, with what lets whoever has it join their room. Older versions leave alone what they do
 * not know, so sealed jobs have names of their own; what was stored in clear goes on being read.
 */
const STORED: Readonly<Record<JobKind, StoredKind>> = {
  'notify-bound': { names: ['welcome', 'notify-bound'], isSealed: false },
  onbind: { names: ['sealed-onbind', 'onbind'], isSealed: true },
  'invite-mail': { names: ['sealed-invite-mail', 'invite-mail'], isSealed: true },
  'invite-digest': { names: ['invite-digest'], isSealed: false },
};

/** What a kind is called in the table. */
export const storedNames = (kind: JobKind): readonly string[] => STORED[kind].names;

/** `undefined` for a kind that only newer versions know. */
export const kindOf = (stored: string): JobKind | undefined =>
  JOB_KINDS.find((kind) => STORED[kind].names.includes(stored));

/** A job as it is stored: its name, and JSON or that sealed. */
export function storedJob({ kind, payload }: NewJob, box: SecretBox): readonly [name: string, payload: string] {
  const { names, isSealed } = STORED[kind];
  const text = JSON.stringify(payload);
  return [names[0], isSealed ? box.seal('job', text) : text];
}

/** What a job needs to know, as JSON. @returns `undefined` if it was sealed with a key that is not ours */
export const openPayload = (payload: string, box: SecretBox): string | undefined =>
  payload.startsWith('{') ? payload : box.open('job', payload);
