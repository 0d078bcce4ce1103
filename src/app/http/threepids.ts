import { z } from 'zod';
import type { Bindings } from '../../domain/bindings.js';
import { Refused } from '../../domain/errors.js';
import type { Sessions } from '../../domain/sessions.js';
import { read } from './body.js';
import type { Dialect } from './dialect.js';
import type { Endpoints } from './endpoints.js';
import { mxid, opaqueId } from './fields.js';
import { queryOf } from './query.js';

const SessionQuery = z.object({ sid: opaqueId, client_secret: opaqueId });
const BindBody = z.object({ sid: opaqueId, client_secret: opaqueId, mxid });

/** Spec: "Establishing associations", the 3pid endpoints. */
export const threepidEndpoints = (sessions: Sessions, bindings: Bindings, dialect: Dialect): Endpoints => ({
  '/3pid/getValidated3pid': {
    async GET(req, res) {
      await dialect.admit(req);
      const { sid, client_secret } = read(SessionQuery, queryOf(req));
      const { threepid, validatedAt } = await sessions.validated(sid, client_secret);
      res.json({ medium: threepid.medium, address: threepid.address, validated_at: validatedAt });
    },
  },
  '/3pid/bind': {
    async POST(req, res) {
      const user = await dialect.admit(req);
      const body = read(BindBody, dialect.body(req));
      // The prose lets anybody claim any user ID; homeservers and clients expect that nobody can.
      if (user !== undefined && user !== body.mxid) throw new Refused('not_yours');
      res.json(await bindings.bind(body.sid, body.client_secret, body.mxid));
    },
  },
});
