import type { Request, Response } from 'express';
import { z } from 'zod';
import type { OperationsByText } from '../../../domain/admin/text-admin-service.js';
import { read } from '../request/body.js';
import type { Endpoints } from '../endpoints.js';
import { queryOf } from '../request/query.js';

const TokenQuery = z.object({ token: z.string() });
const WhoQuery = z.object({ who: z.string().optional(), suspended: z.enum(['true', 'false']).optional() });
const UserQuery = z.object({ mxid: z.string() });
const PairQuery = z.object({ address: z.string(), mxid: z.string() });

/**
 * Manual changes to invitations, bindings and access tokens.
 *
 * @param operationsFor the operations in the name of whoever sent the request
 * @param allow throws if the caller is not authorized
 */
export const adminOperationEndpoints = (
  operationsFor: (req: Request, res: Response) => OperationsByText,
  allow: (req: Request) => void,
): Endpoints => ({
  '/invites': {
    async GET(req, res) {
      allow(req);
      res.json({ invites: await operationsFor(req, res).invites() });
    },
  },
  '/invites/revoke': {
    async POST(req, res) {
      allow(req);
      const { token } = read(TokenQuery, queryOf(req));
      res.json({ found: await operationsFor(req, res).revokeInvite(token) });
    },
  },
  '/bindings': {
    async GET(req, res) {
      allow(req);
      const { who, suspended } = read(WhoQuery, queryOf(req));
      res.json({ bindings: await operationsFor(req, res).bindings(who, { onlySuspended: suspended === 'true' }) });
    },
  },
  '/bindings/bind': {
    async POST(req, res) {
      allow(req);
      const { address, mxid } = read(PairQuery, queryOf(req));
      await operationsFor(req, res).bind(address, mxid);
      res.json({});
    },
  },
  '/bindings/unbind': {
    async POST(req, res) {
      allow(req);
      const { address, mxid } = read(PairQuery, queryOf(req));
      res.json({ found: await operationsFor(req, res).unbind(address, mxid) });
    },
  },
  '/tokens': {
    async GET(req, res) {
      allow(req);
      const { who } = read(WhoQuery, queryOf(req));
      res.json({ tokens: await operationsFor(req, res).signIns(who) });
    },
  },
  '/tokens/end': {
    async POST(req, res) {
      allow(req);
      const { mxid } = read(UserQuery, queryOf(req));
      res.json({ ended: await operationsFor(req, res).endSignIns(mxid) });
    },
  },
});
