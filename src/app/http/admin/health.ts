import { OPEN_METRICS_FORMAT, openMetrics, TEXT_FORMAT, wantsOpenMetrics } from '../metrics/open-metrics.js';
import type { HealthPart } from './health-parts.js';
import type { Endpoints } from '../endpoints.js';

export interface Readiness extends Readonly<Record<string, unknown>> {
  readonly ok: boolean;
  /** Each part of the server and of its surroundings. */
  readonly parts?: readonly HealthPart[];
}

export interface Health {
  /** Whether requests can be served correctly, the state of each part, and details. */
  ready(): Promise<Readiness>;
  /** All metrics in the text format of Prometheus. */
  metrics(): Promise<string>;
}

/** For supervisors, load balancers and Prometheus. The numbers contain no personal data, so no token is needed. */
export const healthEndpoints = (health: Health): Endpoints => ({
  '/health/live': { GET: (_req, res) => void res.json({ ok: true }) },
  '/health/ready': {
    async GET(_req, res) {
      const readiness = await health.ready();
      res.status(readiness.ok ? 200 : 503).json(readiness);
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
