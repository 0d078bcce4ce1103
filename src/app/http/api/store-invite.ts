import { z } from 'zod';
import { isRoomId } from '../../../domain/identifiers/mxid.js';
import { DomainError } from '../../../domain/shared/errors.js';
import type { InviteService } from '../../../domain/invites/invite-service.js';
import { read } from '../request/body.js';
import type { AskerOf } from '../request/client-address.js';
import type { CauseOf } from '../request/cause.js';
import type { ApiVersion } from '../request/api-version.js';
import type { Endpoints } from '../endpoints.js';
import { mxid, roomName, roomReference } from '../request/fields.js';
import { type Pages, preferencesOf } from '../pages.js';

const InviteBody = z.object({
  medium: z.string(),
  address: z.string(),
  room_id: z.string().refine(isRoomId, 'must be a room ID such as !room:example.org'),
  sender: mxid,
  sender_display_name: roomName,
  sender_avatar_url: roomReference,
  room_name: roomName,
  room_alias: roomName,
  room_avatar_url: roomReference,
  room_type: roomReference,
  'org.matrix.web_client_location': roomReference,
});

/** @param publicUrl the URL at which homeservers reach this server. Spec: "Invitation storage". */
export function inviteEndpoints(
  inviteService: InviteService,
  apiVersion: ApiVersion,
  askerOf: AskerOf,
  causeOf: CauseOf,
  publicUrl: string,
  pages: Pages,
): Endpoints {
  const keys = `${publicUrl}/_matrix/identity/v2/pubkey`;

  return {
    '/store-invite': {
      async POST(req, res) {
        const user = await apiVersion.authenticate(req);
        const body = read(InviteBody, apiVersion.body(req));
        if (user !== undefined && user !== body.sender) throw new DomainError('sender_not_yours');
        const stored = await inviteService.invite({
          asker: askerOf(req, user),
          medium: body.medium,
          address: body.address,
          roomId: body.room_id,
          sender: body.sender,
          details: {
            sender: body.sender,
            senderDisplayName: body.sender_display_name,
            senderAvatarUrl: body.sender_avatar_url,
            roomName: body.room_name,
            roomAlias: body.room_alias,
            roomAvatarUrl: body.room_avatar_url,
            roomType: body.room_type,
          },
          webClient: body['org.matrix.web_client_location'],
          preferences: preferencesOf(pages, req, body.sender),
          cause: causeOf(req, res, user ?? 'client'),
        });
        res.json({
          token: stored.token,
          display_name: stored.displayName,
          public_keys: [
            { public_key: stored.longTermKey, key_validity_url: `${keys}/isvalid` },
            { public_key: stored.ephemeralKey, key_validity_url: `${keys}/ephemeral/isvalid` },
          ],
          // Dendrite uses only this field for its event.
          public_key: stored.longTermKey,
        });
      },
    },
  };
}
