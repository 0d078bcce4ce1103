import type { RequestHandler } from 'express';
import { RequestError } from '../request-error.js';

/**
 * Undoes percent-encoding that means nothing, as of letters, and takes several slashes for one (base URLs that end
 * in one stand in the data of old accounts), so that equivalent paths are one path to every route. Spec: RFC 3986
 * 6.2.2.2.
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
