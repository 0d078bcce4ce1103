import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import type { Telemetry } from '../../ports/telemetry.js';
import { attachRecord, RequestRecord } from './request-record.js';
import { pathOf } from './request/query.js';

const LONGEST_PATH = 200;

/** Begins the record of a request, before anything has changed its URL. */
export type BeginRecord = (req: IncomingMessage, res: ServerResponse) => void;

/**
 * Gives each request an id in `X-Request-Id`, and logs its result in one line. Queries contain secrets and are left
 * out.
 *
 * @param isTimed whether its time is also measured for the metrics
 */
export const recordRequests =
  (telemetry: Telemetry, isTimed: boolean): BeginRecord =>
  (req, res) => {
    const path = pathOf(req.url ?? '');
    const record = new RequestRecord(req.method, path.length > LONGEST_PATH ? path.slice(0, LONGEST_PATH) : path);
    attachRecord(res, record);
    res.setHeader('X-Request-Id', record.id);
    res.on('close', () => logRequest(telemetry, record, res, isTimed));
  };

/** The same as a handler of Express. */
export function requestLog(telemetry: Telemetry, isTimed: boolean): RequestHandler {
  const begin = recordRequests(telemetry, isTimed);
  return (req, res, next) => {
    begin(req, res);
    next();
  };
}

function logRequest(telemetry: Telemetry, record: RequestRecord, res: ServerResponse, isTimed: boolean): void {
  const { id, method, path, since, endpoint, refusal } = record;
  const status = res.writableFinished ? res.statusCode : 'aborted';
  const ms = performance.now() - since;
  telemetry.info('request', { event: 'request', id, method, path, status, ms: Math.round(ms), ...refusal });
  const labels = { endpoint, status: classOf(status) };
  telemetry.count('requests', labels);
  if (isTimed) telemetry.observe('request_duration_seconds', ms / 1000, labels);
}

/** `2xx`, `4xx`, … */
const classOf = (status: number | 'aborted'): string =>
  status === 'aborted' ? status : `${Math.floor(status / 100)}xx`;
