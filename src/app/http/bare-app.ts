import express, { type Express } from 'express';

/**
 * Express without its habits: no version of itself, no etags, no guesses at what a path or a query
 * means. What it answers is for the asker: not to be cached, and no more than its type says.
 */
export function bareApp(): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('query parser', false);
  app.set('case sensitive routing', true);
  app.use((_req, res, next) => {
    res.set({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' });
    next();
  });
  return app;
}
