import type { RequestHandler } from 'express';
import { RequestError } from '../request-error.js';

/**
 * Decodes unnecessary percent-encoding, such as that of letters, and merges repeated slashes (the data of old
 * accounts contains base URLs with a trailing slash). Equivalent paths are then the same path for each route. Spec:
 * RFC 3986 6.2.2.2.
 */
export const normalPath: RequestHandler = (req, _res, next) => {
  if (!/%|\/\//.test(req.url)) return next();
  const [path = '', ...query] = req.url.split('?');
  try {
    decodeURIComponent(path);
  } catch {
    throw new RequestError('invalid_param', 'The path is not percent-encoded UTF-8');
  }
  const normal = path.replace(/%[0-9a-f]{2}/gi, (encoded) => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : encoded;
  });
  req.url = [normal.replace(/\/{2,}/g, '/'), ...query].join('?');
  next();
};
