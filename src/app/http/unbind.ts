import type { Request } from 'express';
import { z } from 'zod';
import type { Bindings } from '../../domain/bindings.js';
import type { JsonObject } from '../../domain/canonical-json.js';
import { Refused } from '../../domain/errors.js';
import type { RequestAuth } from '../../domain/request-auth.js';
import { threepid } from '../../domain/threepid.js';
import { jsonBody, read } from './body.js';
import type { Endpoints } from './endpoints.js';
import { mxid, opaqueId } from './fields.js';
import type { Parameters } from './query.js';

const UnbindBody = z.object({
  mxid,
  threepid: z.object({ medium: z.string(), address: z.string() }),
});
const Proof = z.object({ sid: opaqueId, client_secret: opaqueId });

/**
 * For homeservers, who sign, and for whoever holds the address. An access token is neither needed nor
 * enough, and nobody has to accept terms to be forgotten. Spec: POST /3pid/unbind.
 *
 * @param prefix the path before these endpoints, as it is signed whatever a proxy makes of it
 */
export const unbindEndpoints = (bindings: Bindings, requestAuth: RequestAuth, prefix: string): Endpoints => ({
  '/3pid/unbind': {
    async POST(req, res) {
      const body = jsonBody(req);
      const authorizations = authorizationsOf(req);
      const signed = { method: 'POST', uri: `${prefix}/3pid/unbind`, content: body as JsonObject, authorizations };
      const origin = await requestAuth.origin(signed);
      if (origin === undefined && !hasProof(body)) {
        throw new Refused('not_signed_in', {
          message: 'Neither a signature of the homeserver nor a session was given',
        });
      }
      const wish = read(UnbindBody, body);
      const wanted = threepid(wish.threepid.medium, wish.threepid.address);
      if (origin === undefined) {
        const { sid, client_secret } = read(Proof, body);
        await bindings.unbindBySession(wanted, wish.mxid, sid, client_secret);
      } else await bindings.unbindByHomeserver(wanted, wish.mxid, origin);
      res.json({});
    },
  },
});

const hasProof = ({ sid, client_secret }: Parameters): boolean =>
  (sid !== undefined && sid !== null) || (client_secret !== undefined && client_secret !== null);

/** Every `Authorization` header: Node keeps only the first among its headers. */
function authorizationsOf({ rawHeaders }: Request): readonly string[] {
  return rawHeaders.filter((_value, index) => index % 2 === 1 && /^authorization$/i.test(rawHeaders[index - 1] ?? ''));
}
