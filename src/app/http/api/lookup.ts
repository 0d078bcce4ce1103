import { z } from 'zod';
import { routeIn, viaText } from '../../../domain/lookup/via-header.js';
import type { LookupService } from '../../../domain/lookup/lookup-service.js';
import type { Quotas } from '../../../domain/rate-limiting/quotas.js';
import type { AskerOf } from '../request/client-address.js';
import type { SignedIn } from '../request/authentication.js';
import { jsonBody, read } from '../request/body.js';
import type { Endpoints } from '../endpoints.js';
import { areTexts } from '../request/fields.js';

const LookupBody = z.object({
  addresses: z.custom<readonly string[]>(areTexts, 'must be a list of texts'),
  algorithm: z.string(),
  pepper: z.string(),
});

/** Spec: "Association lookup". */
export const lookupEndpoints = (
  lookupService: LookupService,
  quotas: Quotas,
  requireUser: SignedIn,
  askerOf: AskerOf,
): Endpoints => ({
  '/hash_details': {
    async GET(req, res) {
      await requireUser(req);
      const { pepper, algorithms, viaPath } = lookupService.details();
      // Nobody else's business.
      if (routeIn(req.get('via')).length > 0) res.set('Via', viaText(viaPath));
      res.json({ lookup_pepper: pepper, algorithms });
    },
  },
  '/lookup': {
    async POST(req, res) {
      const user = await requireUser(req);
      const { addresses, algorithm, pepper } = read(LookupBody, jsonBody(req));
      await quotas.consumeFor('lookup', askerOf(req, user), {}, addresses.length);
      const mappings = await lookupService.find(algorithm, pepper, addresses, routeIn(req.get('via')));
      res.json({ mappings: Object.fromEntries(mappings) });
    },
  },
});
