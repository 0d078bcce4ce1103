import { z } from 'zod';
import { fromBase64, toBase64 } from '../../../domain/signing/base64.js';
import type { InviteService } from '../../../domain/invites/invite-service.js';
import type { Signer } from '../../../ports/signer.js';
import { read } from '../request/body.js';
import type { Endpoints } from '../endpoints.js';
import { queryOf } from '../request/query.js';
import { RequestError } from '../request-error.js';

/** A key in any spelling (a plus may have become a space), or any other text, which is not a key. */
const KeyQuery = z.object({
  public_key: z.string().transform((text) => fromBase64(text.replaceAll(' ', '+'))),
});

/** Old rooms contain these URLs, so a published key stays valid forever. Spec: "Key management". */
export const keyEndpoints = (signer: Signer, inviteService: InviteService): Endpoints => ({
  '/pubkey/isvalid': {
    GET(req, res) {
      const { public_key } = read(KeyQuery, queryOf(req));
      const text = public_key && toBase64(public_key);
      res.json({ valid: signer.keys.some(({ publicKey }) => publicKey === text) });
    },
  },
  '/pubkey/ephemeral/isvalid': {
    async GET(req, res) {
      const { public_key } = read(KeyQuery, queryOf(req));
      res.json({ valid: public_key !== undefined && (await inviteService.hasEphemeralKey(toBase64(public_key))) });
    },
  },
  '/pubkey/:keyId': {
    GET(req, res) {
      const key = signer.keys.find(({ keyId }) => keyId === req.params['keyId']);
      if (!key) throw new RequestError('key_unknown', 'There is no key of this name');
      res.json({ public_key: key.publicKey });
    },
  },
});
