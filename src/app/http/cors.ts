import type { ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';

/** Lets web clients on all sites read a response, also an error. Spec: "Web browser clients". */
export function allowAllSites(res: ServerResponse): void {
  res.setHeader('Access-Control-Allow-Origin', '*');
  res.setHeader('Access-Control-Allow-Methods', 'GET, POST, PUT, DELETE, OPTIONS');
  // Listed one by one: in the Fetch standard, `*` does not cover Authorization.
  res.setHeader('Access-Control-Allow-Headers', 'Origin, X-Requested-With, Content-Type, Accept, Authorization');
  res.setHeader('Access-Control-Expose-Headers', 'Retry-After');
}

export const cors: RequestHandler = (req, res, next) => {
  allowAllSites(res);
  if (req.method === 'OPTIONS') res.status(204).end();
  else next();
};
