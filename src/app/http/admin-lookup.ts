import type { Request } from 'express';
import { z } from 'zod';
import type { Lookups } from '../../domain/lookups.js';
import type { Clock } from '../../ports/clock.js';
import type { TimedExplanation } from '../commands/explanation-text.js';
import { threepidFrom } from '../commands/threepid-text.js';
import { read } from './body.js';
import type { Endpoints } from './endpoints.js';
import { queryOf } from './query.js';

const LookupQuery = z.object({ address: z.string() });

/** Who answers for an address, and why. @param allow throws for whoever may not ask */
export const adminLookupEndpoints = (lookups: Lookups, clock: Clock, allow: (req: Request) => void): Endpoints => ({
  '/lookup': {
    async GET(req, res) {
      allow(req);
      const { address } = read(LookupQuery, queryOf(req));
      const explanation: TimedExplanation = { ...(await lookups.explain(threepidFrom(address))), at: clock.now() };
      res.json(explanation);
    },
  },
});
