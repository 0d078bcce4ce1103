import { z } from 'zod';
import type { Invites } from '../../domain/invites.js';
import { looseBody, read } from './body.js';
import type { Dialect } from './dialect.js';
import type { Endpoints } from './endpoints.js';
import { opaqueId } from './fields.js';
import { queryOf } from './query.js';

const SignBody = z.object({
  mxid: z.string(),
  token: opaqueId,
  // A plus in a link may have become a blank on its way.
  private_key: z.string().transform((text) => text.replaceAll(' ', '+')),
});

/**
 * Signs for those who follow the link of an invitation. The private key in its URL is all the proof
 * there is: clients post there without body and access token. Spec: "Ephemeral invitation signing".
 */
export const signEndpoints = (invites: Invites, dialect: Dialect): Endpoints => ({
  '/sign-ed25519': {
    async POST(req, res) {
      const isLink = queryOf(req)['private_key'] !== undefined;
      if (!isLink) await dialect.admit(req);
      const { mxid, token, private_key } = read(SignBody, isLink ? looseBody(req) : dialect.body(req));
      res.json(await invites.sign(token, private_key, mxid));
    },
  },
});
