import express, { type Express, type RequestHandler } from 'express';

/**
 * Express without its habits: no version of itself, no etags, no guesses at what a path or a query
 * means. What it answers is for the asker alone, and no more than its type says; its address, which
 * may hold secrets, is not told to the next site.
 *
 * @param handlers what each request passes next, as one
 */
export function createExpressApp(...handlers: readonly RequestHandler[]): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('query parser', false);
  app.set('case sensitive routing', true);
  app.use(inOne([protect, ...handlers]));
  return app;
}

const protect: RequestHandler = (_req, res, next) => {
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('Referrer-Policy', 'no-referrer');
  res.setHeader('X-Content-Type-Options', 'nosniff');
  next();
};

/** Handlers that end or go on at once, one after the other: each layer of Express costs more than most of them do. */
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
