import type { Request } from 'express';
import { z } from 'zod';
import type { LookupService } from '../../../domain/lookup/lookup-service.js';
import type { Clock } from '../../../ports/clock.js';
import type { TimedExplanation } from '../../../domain/lookup/explanation.js';
import { threepidFrom } from '../../../domain/identifiers/typed-address.js';
import { read } from '../request/body.js';
import type { Endpoints } from '../endpoints.js';
import { queryOf } from '../request/query.js';

const LookupQuery = z.object({ address: z.string() });

/** Which source answers for an address, and why. @param allow throws if the caller is not authorized */
export const adminLookupEndpoints = (
  lookupService: LookupService,
  clock: Clock,
  allow: (req: Request) => void,
): Endpoints => ({
  '/lookup': {
    async GET(req, res) {
      allow(req);
      const { address } = read(LookupQuery, queryOf(req));
      const explanation: TimedExplanation = {
        ...(await lookupService.explain(threepidFrom(address))),
        at: clock.now(),
      };
      res.json(explanation);
    },
  },
});
