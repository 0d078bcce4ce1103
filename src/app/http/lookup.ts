import { z } from 'zod';
import { routeIn, viaText } from '../../adapters/upstream/via.js';
import type { Lookups } from '../../domain/lookups.js';
import type { Quotas } from '../../domain/quotas.js';
import type { SignedIn } from './auth.js';
import { jsonBody, read } from './body.js';
import type { Endpoints } from './endpoints.js';

/** By hand: a schema that looks at ten thousand texts costs more than looking them up. */
const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

const LookupBody = z.object({
  addresses: z.custom<readonly string[]>(isTexts, 'must be a list of texts'),
  algorithm: z.string(),
  pepper: z.string(),
});

/** Spec: "Association lookup". */
export const lookupEndpoints = (lookups: Lookups, quotas: Quotas, signedIn: SignedIn): Endpoints => ({
  '/hash_details': {
    async GET(req, res) {
      await signedIn(req);
      const { pepper, algorithms, route } = lookups.details();
      // Nobody else's business.
      if (routeIn(req.get('via')).length > 0) res.set('Via', viaText(route));
      res.json({ lookup_pepper: pepper, algorithms });
    },
  },
  '/lookup': {
    async POST(req, res) {
      const user = await signedIn(req);
      const { addresses, algorithm, pepper } = read(LookupBody, jsonBody(req));
      await quotas.take('lookup', { addressesPerUser: user }, addresses.length);
      const mappings = await lookups.find(algorithm, pepper, addresses, routeIn(req.get('via')));
      res.json({ mappings: Object.fromEntries(mappings) });
    },
  },
});
