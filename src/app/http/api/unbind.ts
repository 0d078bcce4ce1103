import type { Request } from 'express';
import { z } from 'zod';
import type { BindingService } from '../../../domain/bindings/binding-service.js';
import type { JsonObject } from '../../../domain/signing/canonical-json.js';
import { DomainError } from '../../../domain/shared/errors.js';
import type { RequestAuthenticator } from '../../../domain/signing/request-authentication.js';
import { threepid } from '../../../domain/identifiers/threepid.js';
import { jsonBody, read } from '../request/body.js';
import type { CauseOf } from '../request/cause.js';
import type { Endpoints } from '../endpoints.js';
import { mxid, opaqueId, shortText } from '../request/fields.js';
import type { Parameters } from '../request/query.js';

const UnbindBody = z.object({
  mxid,
  threepid: z.object({ medium: shortText, address: shortText }),
});
const Proof = z.object({ sid: opaqueId, client_secret: opaqueId });

/**
 * For homeservers, which sign the request, and for people who prove ownership of the address. An access token is
 * neither necessary nor sufficient, and no terms have to be accepted. Spec: POST /3pid/unbind.
 *
 * @param prefix the path before these endpoints as it was signed, even if a proxy rewrites it
 */
export const unbindEndpoints = (
  bindingService: BindingService,
  requestAuthenticator: RequestAuthenticator,
  prefix: string,
  causeOf: CauseOf,
): Endpoints => ({
  '/3pid/unbind': {
    async POST(req, res) {
      const body = jsonBody(req);
      const authorizations = authorizationsOf(req);
      const isSigned = authorizations.some((header) => /^X-Matrix\b/i.test(header));
      if (!isSigned && !hasProof(body)) {
        throw new DomainError('not_signed_in', {
          message: 'The request has neither a signature of the homeserver nor a session',
        });
      }
      // Before any signature is verified, because requests can come from anywhere.
      const request = read(UnbindBody, body);
      const signed = { method: 'POST', uri: `${prefix}/3pid/unbind`, content: body as JsonObject, authorizations };
      const origin = isSigned ? await requestAuthenticator.origin(signed) : undefined;
      const wanted = threepid(request.threepid.medium, request.threepid.address);
      if (origin === undefined) {
        const { sid, client_secret } = read(Proof, body);
        await bindingService.unbindBySession(wanted, request.mxid, sid, client_secret, causeOf(req, res, 'session'));
      } else await bindingService.unbindByHomeserver(wanted, request.mxid, origin, causeOf(req, res, origin));
      res.json({});
    },
  },
});

const hasProof = ({ sid, client_secret }: Parameters): boolean =>
  (sid !== undefined && sid !== null) || (client_secret !== undefined && client_secret !== null);

/** Every `Authorization` header: Node keeps only the first one in `headers`. */
function authorizationsOf({ rawHeaders }: Request): readonly string[] {
  return rawHeaders.filter((_value, index) => index % 2 === 1 && /^authorization$/i.test(rawHeaders[index - 1] ?? ''));
}
