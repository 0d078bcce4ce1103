import { OPEN_METRICS_FORMAT, openMetrics, TEXT_FORMAT, wantsOpenMetrics } from '../metrics/open-metrics.js';
import type { Endpoints } from '../endpoints.js';

export interface Health {
  /** Whether requests can be served correctly, and the result of each check. */
  ready(): Promise<{ readonly ok: boolean; readonly checks: Readonly<Record<string, unknown>> }>;
  /** All metrics in the text format of Prometheus. */
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
    async GET(req, res) {
      const text = await health.metrics();
      if (wantsOpenMetrics(req.headers.accept)) res.type(OPEN_METRICS_FORMAT).send(openMetrics(text));
      else res.type(TEXT_FORMAT).send(text);
    },
  },
});
