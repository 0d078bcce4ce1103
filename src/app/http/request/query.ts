import type { IncomingMessage } from 'node:http';
import { RequestError } from '../request-error.js';

/** Parameters as sent, not yet validated. */
export type Parameters = Readonly<Record<string, unknown>>;

export function pathOf(url: string): string {
  const mark = url.indexOf('?');
  return mark < 0 ? url : url.slice(0, mark);
}

/** Marks a parameter that is given twice: no endpoint accepts a list here. */
const TWICE: readonly string[] = [];

/** The parameters of the URL. */
export function queryOf({ url = '' }: IncomingMessage): Parameters {
  const mark = url.indexOf('?');
  return mark < 0 ? {} : formParameters(url.slice(mark + 1));
}

/** Parses `a=1&b=2` from URLs and forms. @throws RequestError `invalid_param` */
export function formParameters(text: string): Parameters {
  const found = new Map<string, string | typeof TWICE>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const [name = ''] = pair.split('=', 1);
    const key = decode(name);
    found.set(key, found.has(key) ? TWICE : decode(pair.slice(name.length + 1)));
  }
  return Object.fromEntries(found);
}

function decode(text: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new RequestError('invalid_param', 'The parameters are not percent-encoded UTF-8');
  }
  if (decoded.includes('\0')) throw new RequestError('invalid_param', 'The parameters contain a NUL character');
  return decoded;
}
