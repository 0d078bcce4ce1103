import type { Express, IRoute, IRouter, NextFunction, Request, Response } from 'express';
import { RequestError } from './request-error.js';
import type { PlainHandler } from './request/plain-request.js';
import { nameEndpoint, NO_ENDPOINT } from './request-record.js';
import { pathOf } from './request/query.js';

export type Handler = (req: Request, res: Response) => void | Promise<void>;

interface ExpressEndpoint {
  readonly GET?: Handler;
  readonly POST?: Handler;
  readonly isPlain?: false;
}

/** An endpoint that needs nothing of Express, and can be reached without it. */
interface PlainEndpoint {
  readonly GET?: PlainHandler;
  readonly POST?: PlainHandler;
  readonly isPlain: true;
}

/** Endpoints by path, each with its methods. The first matching path is used. */
export type Endpoints = Readonly<Record<string, ExpressEndpoint | PlainEndpoint>>;

/** Handlers by method and by path without parameters. */
export type HandlersByPath<H> = Readonly<Record<'GET' | 'POST', ReadonlyMap<string, H>>>;

export const handlerOf = <H>(handlers: HandlersByPath<H>, method: string | undefined, path: string): H | undefined =>
  method === 'GET' || method === 'POST' ? handlers[method].get(path) : undefined;

/**
 * Adds endpoints below a prefix to `app`. HEAD is handled as GET, and any other method gets 405. A path without
 * parameters is found by a direct lookup if the request has exactly its spelling; all other paths are matched in
 * order.
 */
export class Mounting {
  /** The plain endpoints without parameters. */
  readonly plain = { GET: new Map<string, PlainHandler>(), POST: new Map<string, PlainHandler>() };
  private readonly direct = { GET: new Map<string, Handler>(), POST: new Map<string, Handler>() };

  /** @param name of all these endpoints in the counters; absent: each has its path as its name */
  constructor(
    private readonly app: IRouter,
    private readonly name?: string,
  ) {
    app.use((req: Request, res: Response, next: NextFunction) => {
      const path = pathOf(req.url);
      const handler = handlerOf(this.direct, req.method, path);
      if (!handler) return next();
      nameEndpoint(res, this.name ?? path);
      return handler(req, res);
    });
  }

  mount(prefix: string, endpoints: Endpoints): void {
    for (const [path, endpoint] of Object.entries(endpoints)) {
      const place = `${prefix}${path}`;
      mountOne(this.app, place, this.name ?? place, endpoint.GET, endpoint.POST);
      if (/[:*{]/.test(place)) continue;
      for (const method of ['GET', 'POST'] as const) {
        const handler = endpoint[method];
        if (!handler || this.direct[method].has(place)) continue;
        this.direct[method].set(place, handler);
        if (endpoint.isPlain) this.plain[method].set(place, handler as PlainHandler);
      }
    }
  }
}

function mountOne(
  app: IRouter,
  place: string,
  name: string,
  GET: Handler | undefined,
  POST: Handler | undefined,
): void {
  const route = app.route(place);
  route.all((_req: Request, res: Response, next: NextFunction) => {
    nameEndpoint(res, name);
    next();
  });
  if (GET) route.get(GET);
  if (POST) route.post(POST);
  const allowed = [...(GET ? ['GET', 'HEAD'] : []), ...(POST ? ['POST'] : []), 'OPTIONS'].join(', ');
  route.all((_req: Request, res: Response) => {
    res.set('Allow', allowed);
    throw new RequestError('method_unknown', `This endpoint supports only ${allowed}`);
  });
}

/** The paths of all endpoints of an app as declared, and the name for all other paths. */
export const endpointsOf = (app: Express): readonly string[] => [
  ...new Set((app.router.stack as { readonly route?: IRoute }[]).flatMap(({ route }) => route?.path ?? [])),
  NO_ENDPOINT,
];
