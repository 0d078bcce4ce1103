import { z } from 'zod';
import type { SignedIn } from './auth.js';
import { jsonBody, read } from './body.js';
import type { Endpoints } from './endpoints.js';

const AcceptedBody = z.object({ user_accepts: z.array(z.string()) });

/** There are no policies, so everybody has accepted all of them. Spec: "Terms of service". */
export const termsEndpoints = (signedIn: SignedIn): Endpoints => ({
  '/terms': {
    GET: (_req, res) => void res.json({ policies: {} }),
    async POST(req, res) {
      await signedIn(req);
      read(AcceptedBody, jsonBody(req));
      res.json({});
    },
  },
});
