import type { IncomingMessage } from 'node:http';

/** The token in the header `Authorization: Bearer …`. */
export const bearerToken = (req: IncomingMessage): string | undefined =>
  /^Bearer +([^\s]+) *$/i.exec(req.headers.authorization ?? '')?.[1];
