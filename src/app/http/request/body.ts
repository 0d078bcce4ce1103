import { isUtf8 } from 'node:buffer';
import type { z } from 'zod';
import type { PlainRequest } from './plain-request.js';
import { formParameters, type Parameters, queryOf } from './query.js';
import { RequestError } from '../request-error.js';

/**
 * The parameters that an endpoint needs. `null` means absent, as clients use it.
 *
 * @throws RequestError `missing_params` with all their names, or `invalid_param` with the first
 */
export function read<S extends z.ZodType>(schema: S, parameters: Parameters): z.output<S> {
  const result = schema.safeParse(parameters);
  if (result.success) return result.data;
  const names = result.error.issues.map(({ path }) => String(path[0]));
  const missing = [...new Set(names.filter((name) => parameters[name] === undefined || parameters[name] === null))];
  if (missing.length > 0) throw new RequestError('missing_params', `Missing parameters: ${missing.join(', ')}`);
  const [issue] = result.error.issues;
  throw new RequestError('invalid_param', `${issue?.path.join('.')}: ${issue?.message}`);
}

/**
 * A JSON object. The content type is ignored, because clients send various ones.
 *
 * @throws RequestError `not_json`, `bad_json`
 */
export function jsonBody(req: PlainRequest): Parameters {
  return parseObject(textOf(req));
}

/** A JSON object or a form; its parameters have precedence over those of the URL. Old clients send any of the three. */
export function jsonOrFormBody(req: PlainRequest): Parameters {
  const text = textOf(req).trim();
  if (text === '' || text === 'null') return queryOf(req);
  const isJson = text.startsWith('{') || isJsonType(req.headers['content-type']);
  return { ...queryOf(req), ...(isJson ? parseObject(text) : formParameters(text)) };
}

/** @param type a `Content-Type` */
const isJsonType = (type = ''): boolean => /^\s*application\/json\s*(?:;|$)/i.test(type);

function textOf({ body }: PlainRequest): string {
  if (!(body instanceof Uint8Array)) return '';
  if (!isUtf8(body)) throw new RequestError('not_json', 'The request is not UTF-8');
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString();
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

function parseObject(text: string): Parameters {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RequestError('not_json', 'The request is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RequestError('bad_json', 'The request is not a JSON object');
  }
  if (!isText(text))
    throw new RequestError('bad_json', 'The request contains invalid characters: NUL or a lone surrogate');
  return value as Parameters;
}

const BYTE_ORDER_MARK = '\ufeff';

/** Matches surrogate pairs as a whole, so that any remaining surrogate is unpaired. */
const ESCAPES = /\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u([\da-fA-F]{4})|\\[^u]/g;

/** Whether all strings of this JSON are Unicode text without NUL. Only escapes can violate this. */
function isText(json: string): boolean {
  if (!json.includes('\\u')) return true;
  for (const [, digits] of json.matchAll(ESCAPES)) {
    if (digits !== undefined && /^(?:0000|d[89a-f]..)$/i.test(digits)) return false;
  }
  return true;
}
