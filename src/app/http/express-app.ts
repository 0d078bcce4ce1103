import express, { type Express } from 'express';

/**
 * Express without its habits: no version of itself, no etags, no guesses at what a path or a query
 * means. What it answers is for the asker alone, and no more than its type says; its address, which
 * may hold secrets, is not told to the next site.
 */
export function createExpressApp(): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('query parser', false);
  app.set('case sensitive routing', true);
  app.use((_req, res, next) => {
    res.set({
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    });
    next();
  });
  return app;
}
