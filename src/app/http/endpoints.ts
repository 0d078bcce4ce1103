import type { Express, NextFunction, Request, Response } from 'express';
import { RequestError } from './request-error.js';
import { nameEndpoint } from './request-log.js';

export type Handler = (req: Request, res: Response) => void | Promise<void>;

/** Endpoints by path, each with the methods it knows. The first path that fits answers. */
export type Endpoints = Readonly<Record<string, { readonly GET?: Handler; readonly POST?: Handler }>>;

/** Has `app` answer these endpoints below `prefix`: HEAD as GET, and any other method with 405. */
export function mount(app: Express, prefix: string, endpoints: Endpoints): void {
  for (const [path, { GET, POST }] of Object.entries(endpoints)) {
    const route = app.route(`${prefix}${path}`);
    route.all((_req: Request, res: Response, next: NextFunction) => {
      nameEndpoint(res, `${prefix}${path}`);
      next();
    });
    if (GET) route.get(GET);
    if (POST) route.post(POST);
    const allowed = [...(GET ? ['GET', 'HEAD'] : []), ...(POST ? ['POST'] : []), 'OPTIONS'].join(', ');
    route.all((_req: Request, res: Response) => {
      res.set('Allow', allowed);
      throw new RequestError('method_unknown', `This endpoint knows only ${allowed}`);
    });
  }
}
