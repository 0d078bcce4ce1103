import type { InviteDetails } from '../../ports/message-sender.js';
import type { Mxid } from '../identifiers/mxid.js';
import type { Threepid } from '../identifiers/threepid.js';
import type { NewJob } from '../jobs/job.js';
import type { ReadPreferences } from '../shared/message-preferences.js';

/** A threepid has a user now: whoever waits for it is to be told. */
export const notifyBoundJob = ({ medium, address }: Threepid, mxid: Mxid, runAt: number): NewJob => ({
  kind: 'notify-bound',
  payload: { medium, address, mxid },
  runAt,
});

/** A homeserver is to be told of a binding, and of one invitation. */
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

/** An invitation is to be mailed. */
export const inviteMailJob = (
  { address }: Threepid,
  link: string,
  { sender, senderDisplayName, roomName, roomAlias, roomAvatarUrl, roomType }: InviteDetails,
  { brand, acceptLanguage }: ReadPreferences,
  runAt: number,
): NewJob => ({
  kind: 'invite-mail',
  payload: {
    address,
    link,
    brand: brand ?? null,
    acceptLanguage: acceptLanguage ?? null,
    sender,
    senderDisplayName: senderDisplayName ?? null,
    roomName: roomName ?? null,
    roomAlias: roomAlias ?? null,
    roomAvatarUrl: roomAvatarUrl ?? null,
    roomType: roomType ?? null,
  },
  runAt,
});
