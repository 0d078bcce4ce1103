import type { RequestHandler } from 'express';

/** Lets web clients on all sites read all responses, including errors. Spec: "Web browser clients". */
export const cors: RequestHandler = (req, res, next) => {
  res.setHeader('Access-Control-Allow-Origin', '*');
  res.setHeader('Access-Control-Allow-Methods', 'GET, POST, PUT, DELETE, OPTIONS');
  // Listed one by one: in the Fetch standard, `*` does not cover Authorization.
  res.setHeader('Access-Control-Allow-Headers', 'Origin, X-Requested-With, Content-Type, Accept, Authorization');
  res.setHeader('Access-Control-Expose-Headers', 'Retry-After');
  if (req.method === 'OPTIONS') res.status(204).end();
  else next();
};
