import { z } from 'zod';
import type { AccountService } from '../../../domain/accounts/account-service.js';
import type { AskerOf } from '../request/client-address.js';
import { accessTokenOf, type SignedIn } from '../request/authentication.js';
import { jsonBody, read } from '../request/body.js';
import type { CauseOf } from '../request/cause.js';
import type { Endpoints } from '../endpoints.js';
import { shortText } from '../request/fields.js';

/** An OpenID object of a homeserver. Some clients leave out its type and lifetime, which are not used. */
const OpenIdBody = z.object({
  matrix_server_name: shortText,
  access_token: z.string().min(1, 'must not be empty').max(4096, 'is too long'),
});

/** Spec: "Authentication", the account endpoints. */
export const accountEndpoints = (
  accountService: AccountService,
  requireUser: SignedIn,
  askerOf: AskerOf,
  causeOf: CauseOf,
): Endpoints => ({
  '/account/register': {
    async POST(req, res) {
      const { matrix_server_name, access_token } = read(OpenIdBody, jsonBody(req));
      const { client } = askerOf(req, undefined);
      const cause = causeOf(req, res, matrix_server_name);
      const token = await accountService.register(matrix_server_name, access_token, client, cause);
      // Clients of Sydent read the second one.
      res.json({ token, access_token: token });
    },
  },
  '/account': {
    async GET(req, res) {
      res.json({ user_id: await requireUser(req) });
    },
  },
  '/account/logout': {
    async POST(req, res) {
      await accountService.logout(accessTokenOf(req), causeOf(req, res, 'user'));
      res.json({});
    },
  },
});
