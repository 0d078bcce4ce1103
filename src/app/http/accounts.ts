import { z } from 'zod';
import type { Accounts } from '../../domain/accounts.js';
import { accessTokenOf, type SignedIn } from './auth.js';
import { jsonBody, read } from './body.js';
import type { Endpoints } from './endpoints.js';

/** An OpenID object of a homeserver. Some clients leave out its type and lifetime, and nobody needs them. */
const OpenIdBody = z.object({
  matrix_server_name: z.string().min(1, 'must not be empty'),
  access_token: z.string().min(1, 'must not be empty').max(4096, 'is too long'),
});

/** Spec: "Authentication", the account endpoints. */
export const accountEndpoints = (accounts: Accounts, signedIn: SignedIn): Endpoints => ({
  '/account/register': {
    async POST(req, res) {
      const { matrix_server_name, access_token } = read(OpenIdBody, jsonBody(req));
      const token = await accounts.register(matrix_server_name, access_token);
      // Sydent's clients look for the second one.
      res.json({ token, access_token: token });
    },
  },
  '/account': {
    async GET(req, res) {
      res.json({ user_id: await signedIn(req) });
    },
  },
  '/account/logout': {
    async POST(req, res) {
      await accounts.logout(accessTokenOf(req));
      res.json({});
    },
  },
});
