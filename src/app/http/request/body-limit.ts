import express, { type Request, type RequestHandler } from 'express';
import { pathOf } from './query.js';

/** Apart from lookups, the longest content is the state of a room, 64 kB. */
const USUAL_BYTES = 64 * 1024;
/** Parsed and made canonical before the sender is known. */
const UNBIND_BYTES = 16 * 1024;
/** A few words, before the sender is known. */
const SEARCH_BYTES = 16 * 1024;

/** Reads the body of a request as bytes. A body above the limit of its endpoint is not read. */
export function readBody(lookupBytes: number): RequestHandler {
  const reader = (limit: number) => express.raw({ type: () => true, limit: Math.min(limit, lookupBytes) });
  const [lookup, unbind, search, usual] = [lookupBytes, UNBIND_BYTES, SEARCH_BYTES, USUAL_BYTES].map(reader);
  const readerFor = (req: Request): RequestHandler | undefined => {
    const path = pathOf(req.url);
    if (/\/(?:bulk_)?lookup\/?$/.test(path)) return lookup;
    if (/\/user_directory\/search\/?$/.test(path)) return search;
    return /\/unbind\/?$/.test(path) ? unbind : usual;
  };
  return (req, res, next) => readerFor(req)?.(req, res, next);
}
