import type { InviteDetails } from '../../ports/message-sender.js';
import type { StoredInvite } from './invite.js';
import { trimSlashes } from '../shared/trim-slashes.js';

export interface InviteLinkOptions {
  /** Where clients and homeservers reach us, without a slash at the end. */
  readonly publicUrl: string;
  /** The web client that opens invitations unless the request names another one of `allowedWebClients`. */
  readonly webClient: string;
  readonly allowedWebClients: readonly string[];
}

/**
 * The link of an invitation mail: Element opens the room with it and has the sign URL sign for
 * whoever joins. That one is of v1 because classic Element for Android knows no other.
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
  // Element decodes with decodeURIComponent, for which a plus is a plus.
  const query = parameters.toString().replaceAll('+', '%20');
  return `${client}/#/room/${encodeURIComponent(roomId)}?${query}`;
}
