import type { Endpoints } from '../endpoints.js';

export interface Health {
  /** Whether requests can be served correctly, and the result of each check. */
  ready(): Promise<{ readonly ok: boolean; readonly checks: Readonly<Record<string, unknown>> }>;
  /** All counters in the Prometheus text format. */
  metrics(): Promise<string>;
}

/** For supervisors, load balancers and Prometheus. The numbers contain no personal data, so no token is needed. */
export const healthEndpoints = (health: Health): Endpoints => ({
  '/health/live': { GET: (_req, res) => void res.json({ ok: true }) },
  '/health/ready': {
    async GET(_req, res) {
      const { ok, checks } = await health.ready();
      res.status(ok ? 200 : 503).json({ ok, checks });
    },
  },
  '/metrics': {
    async GET(_req, res) {
      res.type('text/plain; version=0.0.4; charset=utf-8').send(await health.metrics());
    },
  },
});
