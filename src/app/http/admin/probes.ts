import type { Request } from 'express';
import type { Endpoints } from '../endpoints.js';
import type { RequestProbes } from '../request-probe.js';

/** How requests through the public URL arrive. @param allow throws if the caller is not authorized */
export const adminProbeEndpoints = (probes: RequestProbes, allow: (req: Request) => void): Endpoints => ({
  '/probes': {
    POST(req, res) {
      allow(req);
      res.json({ id: probes.open() });
    },
  },
  '/probes/:id': {
    GET(req, res) {
      allow(req);
      res.json({ arrival: probes.take(String(req.params['id'])) ?? null });
    },
  },
});
