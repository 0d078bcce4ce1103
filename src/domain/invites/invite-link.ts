import type { InviteDetails } from '../../ports/message-sender.js';
import type { StoredInvite } from './invite.js';
import { trimSlashes } from '../shared/trim-slashes.js';

export interface InviteLinkOptions {
  /** The URL at which clients and homeservers reach this server, without a trailing slash. */
  readonly publicUrl: string;
  /** The web client that opens invitations, unless the request names another one of `allowedWebClients`. */
  readonly webClient: string;
  readonly allowedWebClients: readonly string[];
}

/**
 * The link in an invitation mail: Element opens the room with it, and calls the sign URL to sign for the user who
 * joins. The sign URL is the v1 one, because classic Element for Android supports no other.
 */
export function inviteLink(
  { token, threepid, roomId }: StoredInvite,
  privateKey: string,
  details: InviteDetails,
  wantedClient: string | undefined,
  { publicUrl, webClient, allowedWebClients }: InviteLinkOptions,
): string {
  const signUrl = `${publicUrl}/_matrix/identity/api/v1/sign-ed25519?${new URLSearchParams({ token, private_key: privateKey }).toString()}`;
  const parameters = new URLSearchParams({
    email: threepid.address,
    signurl: signUrl,
    room_name: details.roomName ?? '',
    room_avatar_url: details.roomAvatarUrl ?? '',
    inviter_name: details.senderDisplayName ?? '',
    room_type: details.roomType ?? '',
  });
  const wanted = wantedClient === undefined ? undefined : trimSlashes(wantedClient);
  const client = allowedWebClients.find((allowed) => allowed === wanted) ?? webClient;
  // Element decodes with decodeURIComponent, which does not decode a plus to a space.
  const query = parameters.toString().replaceAll('+', '%20');
  return `${client}/#/room/${encodeURIComponent(roomId)}?${query}`;
}
