import { z } from 'zod';
import type { BindingService } from '../../../domain/bindings/binding-service.js';
import { homeserverOf } from '../../../domain/identifiers/mxid.js';
import { DomainError } from '../../../domain/shared/errors.js';
import type { ValidationService } from '../../../domain/validation/validation-service.js';
import { read } from '../request/body.js';
import type { ApiVersion } from '../request/api-version.js';
import type { CauseOf } from '../request/cause.js';
import type { Endpoints } from '../endpoints.js';
import { mxid, opaqueId } from '../request/fields.js';
import { queryOf } from '../request/query.js';

const SessionQuery = z.object({ sid: opaqueId, client_secret: opaqueId });
const BindBody = z.object({ sid: opaqueId, client_secret: opaqueId, mxid });

/** Which users version 1 binds addresses to: its requests have no authenticated user. */
export interface V1BindOptions {
  /** Whether users of this homeserver may be bound. By default all may. */
  readonly mayBind?: (homeserver: string) => boolean;
}

/** Spec: "Establishing associations", the 3pid endpoints. */
export const threepidEndpoints = (
  validationService: ValidationService,
  bindingService: BindingService,
  apiVersion: ApiVersion,
  causeOf: CauseOf,
  { mayBind = () => true }: V1BindOptions = {},
): Endpoints => ({
  '/3pid/getValidated3pid': {
    async GET(req, res) {
      await apiVersion.authenticate(req);
      const { sid, client_secret } = read(SessionQuery, queryOf(req));
      const { threepid, validatedAt } = await validationService.validated(sid, client_secret);
      res.json({ medium: threepid.medium, address: threepid.address, validated_at: validatedAt });
    },
  },
  '/3pid/bind': {
    async POST(req, res) {
      const user = await apiVersion.authenticate(req);
      const body = read(BindBody, apiVersion.body(req));
      // The text of the spec allows a request for any user ID; homeservers and clients expect that this is refused.
      if (user !== undefined && user !== body.mxid) throw new DomainError('not_yours');
      if (user === undefined && !mayBind(homeserverOf(body.mxid))) {
        const message = 'Version 1 of the API binds only users of known homeservers (option v1.bind); please use v2';
        throw new DomainError('homeserver_not_allowed', { message });
      }
      res.json(
        await bindingService.bind(body.sid, body.client_secret, body.mxid, user, causeOf(req, res, user ?? 'session')),
      );
    },
  },
});
