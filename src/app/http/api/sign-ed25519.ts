import { z } from 'zod';
import type { InviteService } from '../../../domain/invites/invite-service.js';
import { jsonOrFormBody, read } from '../request/body.js';
import type { ApiVersion } from '../request/api-version.js';
import type { Endpoints } from '../endpoints.js';
import { opaqueId, shortText } from '../request/fields.js';
import { queryOf } from '../request/query.js';

const SignBody = z.object({
  mxid: shortText,
  token: opaqueId,
  // A plus in a link may have become a space.
  private_key: shortText.transform((text) => text.replaceAll(' ', '+')),
});

/**
 * Signs for a user who opened the link of an invitation. The private key in its URL is the only proof: clients send
 * POST requests without a body and without an access token. Spec: "Ephemeral invitation signing".
 */
export const signEndpoints = (inviteService: InviteService, apiVersion: ApiVersion): Endpoints => ({
  '/sign-ed25519': {
    async POST(req, res) {
      const isLink = queryOf(req)['private_key'] !== undefined;
      if (!isLink) await apiVersion.authenticate(req);
      const { mxid, token, private_key } = read(SignBody, isLink ? jsonOrFormBody(req) : apiVersion.body(req));
      res.json(await inviteService.sign(token, private_key, mxid));
    },
  },
});
