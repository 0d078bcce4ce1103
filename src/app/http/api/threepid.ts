import { z } from 'zod';
import type { BindingService } from '../../../domain/bindings/binding-service.js';
import { DomainError } from '../../../domain/shared/errors.js';
import type { ValidationService } from '../../../domain/validation/validation-service.js';
import { read } from '../request/body.js';
import type { ApiVersion } from '../request/api-version.js';
import type { Endpoints } from '../endpoints.js';
import { mxid, opaqueId } from '../request/fields.js';
import { queryOf } from '../request/query.js';

const SessionQuery = z.object({ sid: opaqueId, client_secret: opaqueId });
const BindBody = z.object({ sid: opaqueId, client_secret: opaqueId, mxid });

/** Spec: "Establishing associations", the 3pid endpoints. */
export const threepidEndpoints = (
  validationService: ValidationService,
  bindingService: BindingService,
  apiVersion: ApiVersion,
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
      // The prose lets anybody claim any user ID; homeservers and clients expect that nobody can.
      if (user !== undefined && user !== body.mxid) throw new DomainError('not_yours');
      res.json(await bindingService.bind(body.sid, body.client_secret, body.mxid));
    },
  },
});
