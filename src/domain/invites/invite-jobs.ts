import type { Mxid } from '../identifiers/mxid.js';
import type { Threepid } from '../identifiers/threepid.js';
import type { NewJob } from '../jobs/job.js';
import { type InviteMail, mailPayload } from './invite-mail.js';

/** Job after a threepid was bound: its pending invitations must be delivered. */
export const notifyBoundJob = ({ medium, address }: Threepid, mxid: Mxid, runAt: number): NewJob => ({
  kind: 'notify-bound',
  payload: { medium, address, mxid },
  runAt,
});

/** Job to notify a homeserver of a binding, with the invitation of this token if there is one. */
export const onBindJob = (
  { medium, address }: Threepid,
  mxid: Mxid,
  invite: string | undefined,
  runAt: number,
): NewJob => ({
  kind: 'onbind',
  payload: { medium, address, mxid, invite: invite ?? null },
  runAt,
});

/** Job to send the mail of one invitation. */
export const inviteMailJob = ({ address }: Threepid, mail: InviteMail, runAt: number): NewJob => ({
  kind: 'invite-mail',
  payload: { address, ...mailPayload(mail) },
  runAt,
});

/** Job to send one mail for all invitations to this address that have not been mailed yet. */
export const inviteDigestJob = ({ address }: Threepid, runAt: number): NewJob => ({
  kind: 'invite-digest',
  payload: { address },
  runAt,
});
