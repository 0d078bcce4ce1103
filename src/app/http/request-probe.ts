import { randomBytes } from 'node:crypto';
import type { Request } from 'express';
import type { ClientOf } from './request/client-address.js';

/** A request with this header is recorded for the administrator. */
export const PROBE_HEADER = 'x-islet-probe';
const MOST_PENDING = 10;

/** How a request arrived after it passed all proxies. */
export interface Arrival {
  /** The address of the connection. */
  readonly peer: string;
  /** The client address as determined, and whether it is certain. */
  readonly client: string;
  readonly isVerified: boolean;
  readonly forwardedFor: string | undefined;
  readonly realIp: string | undefined;
  /** Whether it may use the part of version 1 of the API that has no authentication. */
  readonly isAdmittedToV1: boolean;
}

/** Requests of `islet doctor`, traced from the outside to this server. Only the doctor knows their ids. */
export class RequestProbes {
  private readonly arrivals = new Map<string, Arrival | undefined>();

  /** @returns the id for one request. If many are pending, the oldest is removed */
  open(): string {
    const [oldest] = this.arrivals.keys();
    if (this.arrivals.size >= MOST_PENDING && oldest !== undefined) this.arrivals.delete(oldest);
    const id = randomBytes(16).toString('hex');
    this.arrivals.set(id, undefined);
    return id;
  }

  /** How the request with this id arrived, once. @returns `undefined` if it has not arrived */
  take(id: string): Arrival | undefined {
    const arrival = this.arrivals.get(id);
    this.arrivals.delete(id);
    return arrival;
  }

  /** Records a request if it has a known id. */
  notice(req: Request, clientOf: ClientOf, allowV1: (req: Request) => void): void {
    const id = probeIdOf(req);
    if (id !== undefined && this.arrivals.has(id)) this.record(id, arrivalOf(req, clientOf, allowV1));
  }

  /** Records how the request with this id arrived, if it is expected. */
  record(id: string, arrival: Arrival): void {
    if (this.arrivals.has(id)) this.arrivals.set(id, arrival);
  }
}

/** The id of a traced request. */
export function probeIdOf({ headers }: Request): string | undefined {
  const id = headers[PROBE_HEADER];
  return typeof id === 'string' ? id : undefined;
}

export function arrivalOf(req: Request, clientOf: ClientOf, allowV1: (req: Request) => void): Arrival {
  const { address, isVerified } = clientOf(req);
  return {
    peer: req.socket.remoteAddress ?? '',
    client: address,
    isVerified,
    forwardedFor: textOf(req.headers['x-forwarded-for']),
    realIp: textOf(req.headers['x-real-ip']),
    isAdmittedToV1: isAllowed(() => allowV1(req)),
  };
}

const textOf = (header: string | string[] | undefined): string | undefined =>
  header === undefined ? undefined : String(header);

function isAllowed(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}
