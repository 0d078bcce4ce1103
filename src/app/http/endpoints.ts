import type { Express, IRoute, NextFunction, Request, Response } from 'express';
import { RequestError } from './request-error.js';
import { nameEndpoint, NO_ENDPOINT } from './request-log.js';

export type Handler = (req: Request, res: Response) => void | Promise<void>;

/** Endpoints by path, each with its methods. The first matching path is used. */
export type Endpoints = Readonly<Record<string, { readonly GET?: Handler; readonly POST?: Handler }>>;

/**
 * Adds endpoints below a prefix to `app`. HEAD is handled as GET, and any other method gets 405. A path without
 * parameters is found by a direct lookup if the request has exactly its spelling; all other paths are matched in
 * order.
 */
export function mounting(app: Express): (prefix: string, endpoints: Endpoints) => void {
  const direct = new Map<string, Handler>();
  app.use((req: Request, res: Response, next: NextFunction) => {
    const { method, url } = req;
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const handler = direct.get(`${method} ${path}`);
    if (!handler) return next();
    nameEndpoint(res, path);
    return handler(req, res);
  });
  return (prefix, endpoints) => {
    for (const [path, { GET, POST }] of Object.entries(endpoints)) {
      const place = `${prefix}${path}`;
      mountOne(app, place, GET, POST);
      if (/[:*{]/.test(place)) continue;
      for (const [method, handler] of [
        ['GET', GET],
        ['POST', POST],
      ] as const) {
        if (handler && !direct.has(`${method} ${place}`)) direct.set(`${method} ${place}`, handler);
      }
    }
  };
}

function mountOne(app: Express, place: string, GET: Handler | undefined, POST: Handler | undefined): void {
  const route = app.route(place);
  route.all((_req: Request, res: Response, next: NextFunction) => {
    nameEndpoint(res, place);
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
