import type { Request } from 'express';
import { z } from 'zod';
import { Refused } from '../../domain/errors.js';
import type { Lookups } from '../../domain/lookups.js';
import { readPhoneNumber } from '../../domain/phone-number.js';
import { email, msisdn, type Threepid } from '../../domain/threepid.js';
import type { Clock } from '../../ports/clock.js';
import type { TimedExplanation } from '../commands/explanation-text.js';
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
      const explanation: TimedExplanation = { ...(await lookups.explain(threepidOf(address))), at: clock.now() };
      res.json(explanation);
    },
  },
});

/** An email address, or a phone number with its calling code; the plus may have become a blank in the URL. */
function threepidOf(text: string): Threepid {
  const address = text.trim();
  if (address.includes('@')) return email(address);
  const number = readPhoneNumber(address.startsWith('+') ? address : `+${address}`);
  if (!number) throw new Refused('invalid_address');
  return msisdn(number.digits);
}
