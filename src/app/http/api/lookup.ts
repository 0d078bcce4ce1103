import { z } from 'zod';
import { routeIn, viaText } from '../../../domain/lookup/via-header.js';
import type { Mxid } from '../../../domain/identifiers/mxid.js';
import type { LookupService } from '../../../domain/lookup/lookup-service.js';
import type { Quotas } from '../../../domain/rate-limiting/quotas.js';
import type { AskerOf } from '../request/client-address.js';
import type { SignedIn } from '../request/authentication.js';
import { jsonBody, read } from '../request/body.js';
import type { Endpoints } from '../endpoints.js';
import { areTexts } from '../request/fields.js';
import { sendJson, sendJsonText } from '../send-json.js';

const LookupBody = z.object({
  addresses: z.custom<readonly string[]>(areTexts, 'must be a list of texts'),
  algorithm: z.string(),
  pepper: z.string(),
});

/**
 * Spec: "Association lookup".
 *
 * @param identityServers the accounts of other identity servers. Only their routes are trusted, and only they learn
 *   the origin of a pepper
 */
export const lookupEndpoints = (
  lookupService: LookupService,
  quotas: Quotas,
  requireUser: SignedIn,
  askerOf: AskerOf,
  identityServers: readonly Mxid[] = [],
): Endpoints => ({
  '/hash_details': {
    isPlain: true,
    async GET(req, res) {
      const user = await requireUser(req);
      const { pepper, algorithms, viaPath } = lookupService.details();
      if (identityServers.includes(user) && routeIn(req.headers.via).length > 0) res.setHeader('Via', viaText(viaPath));
      sendJson(res, { lookup_pepper: pepper, algorithms });
    },
  },
  '/lookup': {
    isPlain: true,
    async POST(req, res) {
      const user = await requireUser(req);
      const { addresses, algorithm, pepper } = read(LookupBody, jsonBody(req));
      const distinct = new Set(addresses);
      await quotas.consumeFor('lookup', askerOf(req, user), {}, distinct.size);
      const route = routeIn(req.headers.via);
      const viaPath = identityServers.includes(user) ? route : lookupService.untrustedPath(route);
      const mappings = await lookupService.find(algorithm, pepper, addresses, viaPath, distinct);
      sendJsonText(res, mappingsText(mappings));
    },
  },
});

/** Building an object with ten thousand keys takes longer than writing it. */
function mappingsText(mappings: ReadonlyMap<string, Mxid>): string {
  let [text, separator] = ['{"mappings":{', ''];
  for (const [entry, mxid] of mappings) {
    text += `${separator}${quoted(entry)}:${quoted(mxid)}`;
    separator = ',';
  }
  return `${text}}}`;
}

/** Hashes and nearly all user IDs need no escapes. */
const quoted = (text: string): string => (/^[ !#-[\]-~]*$/.test(text) ? `"${text}"` : JSON.stringify(text));
