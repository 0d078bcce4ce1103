import { z } from 'zod';
import { routeIn } from '../../../domain/lookup/via-header.js';
import type { BindingService } from '../../../domain/bindings/binding-service.js';
import { DomainError } from '../../../domain/shared/errors.js';
import type { LookupService } from '../../../domain/lookup/lookup-service.js';
import { keyOf, tryThreepid } from '../../../domain/identifiers/threepid.js';
import type { Quotas } from '../../../domain/rate-limiting/quotas.js';
import type { AskerOf } from '../request/client-address.js';
import { jsonOrFormBody, read } from '../request/body.js';
import type { Endpoints } from '../endpoints.js';
import type { PlainRequest } from '../request/plain-request.js';
import { sendJson } from '../send-json.js';
import { queryOf } from '../request/query.js';

const LookupQuery = z.object({ medium: z.string(), address: z.string() });

type Pair = readonly [medium: string, address: string];

/** Checked by hand: a schema would report an issue for each of half a million elements. */
const arePairs = (value: unknown): value is readonly Pair[] =>
  Array.isArray(value) &&
  value.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every((text) => typeof text === 'string'));

const BulkBody = z.object({
  threepids: z.custom<readonly Pair[]>(arePairs, 'must be a list of pairs of a medium and an address'),
});

export interface V1LookupServices {
  readonly lookupService: LookupService;
  readonly bindingService: BindingService;
  readonly quotas: Quotas;
}

/**
 * The lookups of v1, with addresses in plain text.
 *
 * @param allow throws for clients without access
 */
export const v1LookupEndpoints = (
  { lookupService, bindingService, quotas }: V1LookupServices,
  maxAddresses: number,
  allow: (req: PlainRequest) => void,
  askerOf: AskerOf,
): Endpoints => ({
  '/lookup': {
    isPlain: true,
    async GET(req, res) {
      allow(req);
      const { medium, address } = read(LookupQuery, queryOf(req));
      await quotas.consumeFor('lookup', askerOf(req, undefined));
      const threepid = tryThreepid(medium, address);
      const users = await lookupService.findUsers(threepid ? [threepid] : [], routeIn(req.headers.via));
      const mxid = threepid && users.get(keyOf(threepid));
      sendJson(res, threepid && mxid ? await bindingService.attest(threepid, mxid) : {});
    },
  },
  '/bulk_lookup': {
    isPlain: true,
    async POST(req, res) {
      allow(req);
      const { threepids } = read(BulkBody, jsonOrFormBody(req));
      if (threepids.length > maxAddresses) throw new DomainError('too_many_addresses');
      await quotas.consumeFor('lookup', askerOf(req, undefined), {}, threepids.length);
      const asked = threepids.flatMap(([medium, address]) => {
        const threepid = tryThreepid(medium, address);
        return threepid ? [{ medium, address, threepid }] : [];
      });
      const users = await lookupService.findUsers(
        asked.map(({ threepid }) => threepid),
        routeIn(req.headers.via),
      );
      const known = asked.flatMap(({ medium, address, threepid }) => {
        const mxid = users.get(keyOf(threepid));
        return mxid === undefined ? [] : [[medium, address, mxid]];
      });
      sendJson(res, { threepids: known });
    },
  },
});
