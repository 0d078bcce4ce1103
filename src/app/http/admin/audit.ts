import type { Request } from 'express';
import { z } from 'zod';
import type { OperationsByText } from '../../../domain/admin/text-admin-service.js';
import { read } from '../request/body.js';
import type { Endpoints } from '../endpoints.js';
import { queryOf } from '../request/query.js';

const AuditQuery = z.object({
  who: z.string().optional(),
  /** ms since the epoch */
  since: z.coerce.number().int().nonnegative().optional(),
});

/** The audit trail. @param allow throws if the caller is not authorized */
export const adminAuditEndpoints = (
  operations: () => Pick<OperationsByText, 'audit'>,
  allow: (req: Request) => void,
): Endpoints => ({
  '/audit': {
    async GET(req, res) {
      allow(req);
      const { who, since } = read(AuditQuery, queryOf(req));
      res.json({ entries: await operations().audit(who, since) });
    },
  },
});
