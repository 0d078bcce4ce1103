import { randomUUID } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import type { Facts, Telemetry } from '../../ports/telemetry.js';
import { pathOf } from './request/query.js';

const LONGEST_PATH = 200;

/**
 * Gives each request an id in `X-Request-Id`, and logs its result in one line. Queries contain secrets and are left
 * out.
 */
export function requestLog(telemetry: Telemetry): RequestHandler {
  return (req, res, next) => {
    const since = performance.now();
    const { method } = req;
    const path = pathOf(req.originalUrl).slice(0, LONGEST_PATH);
    const id = randomUUID();
    res.locals['requestId'] = id;
    res.setHeader('X-Request-Id', id);
    res.once('close', () => {
      const status = res.writableFinished ? res.statusCode : 'aborted';
      const ms = performance.now() - since;
      const labels = { endpoint: endpointOf(res), status: classOf(status) };
      const facts = { id, method, path, status, ms: Math.round(ms), ...refusalOf(res) };
      telemetry.info('request', { event: 'request', ...facts });
      telemetry.count('requests', labels);
      telemetry.observe('request_duration_seconds', ms / 1000, labels);
    });
    next();
  };
}

/** `2xx`, `4xx`, … */
const classOf = (status: number | 'aborted'): string =>
  status === 'aborted' ? status : `${Math.floor(status / 100)}xx`;

/**
 * Adds the reason of a refusal to the log line of the request: which limit was reached, and for what kind of subject.
 */
export function noteRefusal(res: Response, facts: Facts): void {
  res.locals['refusal'] = facts;
}

const refusalOf = (res: Response): Facts => (res.locals['refusal'] ?? {}) as Facts;

/** The endpoint of the request, for the counters: its path as declared. */
export function nameEndpoint(res: Response, path: string): void {
  res.locals['endpoint'] = path;
}

/** The endpoint of requests to paths that are none. */
export const NO_ENDPOINT = 'none';

const endpointOf = (res: Response): string => String(res.locals['endpoint'] ?? NO_ENDPOINT);
