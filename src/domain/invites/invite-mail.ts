import type { InviteDetails } from '../../ports/message-sender.js';
import type { ReadPreferences } from '../shared/message-preferences.js';
import type { JobPayloads } from '../jobs/job.js';
import type { JsonObject } from '../signing/canonical-json.js';

/** The content of an invitation mail, and its link. */
export interface InviteMail {
  readonly link: string;
  readonly invite: InviteDetails;
  readonly preferences: ReadPreferences;
}

/** The form in which it is stored until it is sent. */
export function mailPayload({
  link,
  invite,
  preferences: { brand, acceptLanguage },
}: InviteMail): Omit<JobPayloads['invite-mail'], 'address'> {
  return {
    link,
    brand: brand ?? null,
    acceptLanguage: acceptLanguage ?? null,
    sender: invite.sender,
    senderDisplayName: invite.senderDisplayName ?? null,
    senderAvatarUrl: invite.senderAvatarUrl ?? null,
    roomName: invite.roomName ?? null,
    roomAlias: invite.roomAlias ?? null,
    roomAvatarUrl: invite.roomAvatarUrl ?? null,
    roomType: invite.roomType ?? null,
    token: invite.token ?? null,
  };
}

/** @returns `undefined` if the payload is invalid */
export function readMailPayload(payload: JsonObject): InviteMail | undefined {
  const text = (name: string) => {
    const value = payload[name];
    return typeof value === 'string' ? value : undefined;
  };
  const [link, sender] = [text('link'), text('sender')];
  if (link === undefined || sender === undefined) return undefined;
  return {
    link,
    invite: {
      sender,
      senderDisplayName: text('senderDisplayName'),
      senderAvatarUrl: text('senderAvatarUrl'),
      roomName: text('roomName'),
      roomAlias: text('roomAlias'),
      roomAvatarUrl: text('roomAvatarUrl'),
      roomType: text('roomType'),
      token: text('token'),
    },
    preferences: { brand: text('brand'), acceptLanguage: text('acceptLanguage') },
  };
}
