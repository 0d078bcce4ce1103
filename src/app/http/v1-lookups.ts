import type { Request } from 'express';
import { z } from 'zod';
import { routeIn } from '../../adapters/upstream/via.js';
import type { Bindings } from '../../domain/bindings.js';
import { Refused } from '../../domain/errors.js';
import type { Lookups } from '../../domain/lookups.js';
import { keyOf, tryThreepid } from '../../domain/threepid.js';
import { looseBody, read } from './body.js';
import type { Endpoints } from './endpoints.js';
import { queryOf } from './query.js';

const LookupQuery = z.object({ medium: z.string(), address: z.string() });
const BulkBody = z.object({ threepids: z.array(z.tuple([z.string(), z.string()])) });

/**
 * The lookups of v1, which ask in clear.
 *
 * @param allow throws for clients that may not ask
 */
export const v1LookupEndpoints = (
  lookups: Lookups,
  bindings: Bindings,
  maxAddresses: number,
  allow: (req: Request) => void,
): Endpoints => ({
  '/lookup': {
    async GET(req, res) {
      allow(req);
      const { medium, address } = read(LookupQuery, queryOf(req));
      const threepid = tryThreepid(medium, address);
      const users = await lookups.whois(threepid ? [threepid] : [], routeIn(req.get('via')));
      const mxid = threepid && users.get(keyOf(threepid));
      res.json(threepid && mxid ? await bindings.attest(threepid, mxid) : {});
    },
  },
  '/bulk_lookup': {
    async POST(req, res) {
      allow(req);
      const { threepids } = read(BulkBody, looseBody(req));
      if (threepids.length > maxAddresses) throw new Refused('too_many_addresses');
      const asked = threepids.flatMap(([medium, address]) => {
        const threepid = tryThreepid(medium, address);
        return threepid ? [{ medium, address, threepid }] : [];
      });
      const users = await lookups.whois(
        asked.map(({ threepid }) => threepid),
        routeIn(req.get('via')),
      );
      const known = asked.flatMap(({ medium, address, threepid }) => {
        const mxid = users.get(keyOf(threepid));
        return mxid === undefined ? [] : [[medium, address, mxid]];
      });
      res.json({ threepids: known });
    },
  },
});
