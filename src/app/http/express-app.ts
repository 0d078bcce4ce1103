import type { ServerResponse } from 'node:http';
import express, { type Express, type RequestHandler } from 'express';

/**
 * Express without its defaults: no version header, no etags, no query parser, and case-sensitive paths. Responses must
 * not be cached or interpreted as another type. The URL, which may contain secrets, is not sent to other sites as a
 * referrer.
 *
 * @param handlers run for each request in this order, as one handler
 */
export function createExpressApp(...handlers: readonly RequestHandler[]): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('query parser', false);
  app.set('case sensitive routing', true);
  app.use(inOne([protecting, ...handlers]));
  return app;
}

/** The headers of all responses, as described at `createExpressApp`. */
export function protect(res: ServerResponse): void {
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('Referrer-Policy', 'no-referrer');
  res.setHeader('X-Content-Type-Options', 'nosniff');
}

const protecting: RequestHandler = (_req, res, next) => {
  protect(res);
  next();
};

/**
 * Combines handlers that end the request or continue synchronously. Each layer of Express costs more time than most
 * of them.
 */
export const inOne =
  (handlers: readonly RequestHandler[]): RequestHandler =>
  (req, res, next) => {
    for (const handler of handlers) {
      let goesOn = false;
      handler(req, res, () => {
        goesOn = true;
      });
      if (!goesOn) return;
    }
    next();
  };
