import express, { type RequestHandler } from 'express';
import { pathOf } from './query.js';

/** Apart from lookups, the longest content is the state of a room, 64 kB. */
const USUAL_BYTES = 64 * 1024;
/** Parsed and made canonical before the sender is known. */
const UNBIND_BYTES = 16 * 1024;
/** A few words, before the sender is known. */
const SEARCH_BYTES = 16 * 1024;

/** The largest body, in bytes, that is read for a path. */
export function bodyLimit(path: string, lookupBytes: number): number {
  if (/\/(?:bulk_)?lookup\/?$/.test(path)) return lookupBytes;
  const limit = /\/user_directory\/search\/?$/.test(path)
    ? SEARCH_BYTES
    : /\/unbind\/?$/.test(path)
      ? UNBIND_BYTES
      : USUAL_BYTES;
  return Math.min(limit, lookupBytes);
}

/** Reads the body of a request as bytes. A body above the limit of its endpoint is not read. */
export function readBody(lookupBytes: number): RequestHandler {
  const readers = new Map<number, RequestHandler>();
  return (req, res, next) => {
    const limit = bodyLimit(pathOf(req.url), lookupBytes);
    const reader = readers.get(limit) ?? express.raw({ type: () => true, limit });
    readers.set(limit, reader);
    void reader(req, res, next);
  };
}
