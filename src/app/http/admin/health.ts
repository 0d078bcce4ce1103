import type { Endpoints } from '../endpoints.js';

export interface Health {
  /** Whether requests can be served as they should, and each thing that this depends on. */
  ready(): Promise<{ readonly ok: boolean; readonly checks: Readonly<Record<string, unknown>> }>;
  /** All counters in the text format of Prometheus. */
  metrics(): Promise<string>;
}

/** For supervisors, balancers and Prometheus: numbers without people, so without a token. */
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
