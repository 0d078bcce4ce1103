import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Facts } from '../../ports/telemetry.js';

/** The endpoint of requests to unknown paths. */
export const NO_ENDPOINT = 'none';

/** What the log and the metrics need of a request. */
export class RequestRecord {
  readonly id = randomUUID();
  readonly since = performance.now();
  /** The path of the endpoint as declared. */
  endpoint = NO_ENDPOINT;
  /** Why the request was refused. */
  refusal: Facts | undefined;

  constructor(
    readonly method: string | undefined,
    readonly path: string,
  ) {}
}

const RECORD = Symbol('record');

interface Recorded extends ServerResponse {
  [RECORD]?: RequestRecord;
}

/** A property of the response: cheaper than a map with a key for each response. */
export function attachRecord(res: ServerResponse, record: RequestRecord): void {
  (res as Recorded)[RECORD] = record;
}

/** Absent for responses that are not logged. */
export const recordOf = (res: ServerResponse): RequestRecord | undefined => (res as Recorded)[RECORD];

/** Sets the endpoint of the request, for the counters: its path as declared. */
export function nameEndpoint(res: ServerResponse, path: string): void {
  const record = recordOf(res);
  if (record) record.endpoint = path;
}

/**
 * Adds the reason of a refusal to the log line of the request: which limit was reached, and for what kind of subject.
 */
export function noteRefusal(res: ServerResponse, facts: Facts): void {
  const record = recordOf(res);
  if (record) record.refusal = facts;
}

/** The id of a request, as in its log lines and in `X-Request-Id`. */
export const requestIdOf = (res: ServerResponse): string => recordOf(res)?.id ?? 'none';
