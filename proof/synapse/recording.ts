import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Exchange } from './recording-proxy.js';

/** One recorded request with its response, without values that differ in each run. */
export interface Recorded {
  readonly from: string;
  readonly to: string;
  readonly method: string;
  readonly path: string;
  readonly request?: unknown;
  readonly status: number;
  readonly response?: unknown;
}

/** Values that differ in each run, and secrets: only their presence is recorded. */
const REPLACED: ReadonlySet<string> = new Set([
  'access_token',
  'addresses',
  'client_secret',
  'id_access_token',
  'key',
  'lookup_pepper',
  'mappings',
  'nonce',
  'old_verify_keys',
  'pepper',
  'private_key',
  'public_key',
  'sid',
  'signatures',
  'signed',
  'token',
  'verify_keys',
]);

/**
 * Writes the recorded exchanges to `<folder>/<name>.json`: the first one of each kind of request and response.
 *
 * @param about the versions and the date of the run
 */
export function writeRecording(
  folder: string,
  name: string,
  about: Readonly<Record<string, string>>,
  exchanges: readonly Exchange[],
): string {
  mkdirSync(folder, { recursive: true });
  const kinds = new Map<string, Recorded>();
  for (const exchange of exchanges) {
    const recorded = record(exchange);
    const kind = `${recorded.from} ${recorded.to} ${recorded.method} ${recorded.path} ${recorded.status} ${shape(recorded.request)} ${shape(recorded.response)}`;
    if (!kinds.has(kind)) kinds.set(kind, recorded);
  }
  const file = join(folder, `${name}.json`);
  writeFileSync(file, `${JSON.stringify({ about, exchanges: [...kinds.values()] }, undefined, 2)}\n`);
  return file;
}

function record({ userAgent, to, method, path, request, status, response }: Exchange): Recorded {
  const [sent, answered] = [trim(parse(request)), trim(parse(response))];
  return {
    from: userAgent.startsWith('Synapse') ? 'homeserver' : userAgent.startsWith('Islet') ? 'islet' : 'client',
    to: to === 'id.test' ? 'islet' : 'homeserver',
    method,
    path: generic(path),
    ...(sent !== undefined && { request: sent }),
    status,
    ...(answered !== undefined && { response: answered }),
  };
}

/** A path without ids and secrets, for example `/_matrix/federation/v2/invite/{room}/{event}`. */
function generic(path: string): string {
  const [pathname = '', query] = path.split('?');
  const places = decodeURIComponent(pathname)
    .replace(/![^/]+/, '{room}')
    .replace(/\$[^/]+/, '{event}')
    .replace(/(\/send\/)\d+$/, '$1{transaction}');
  if (query === undefined) return places;
  const names = [...new URLSearchParams(query).keys()].map((name) => `${name}={${name}}`);
  return `${places}?${names.join('&')}`;
}

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return text.slice(0, 80);
  }
}

function trim(value: unknown, name = ''): unknown {
  if (REPLACED.has(name)) return `{${name}}`;
  if (typeof value === 'string' && value.startsWith('!')) return '{room}';
  if (typeof value === 'number' && value > 1e9) return '{time}';
  if (Array.isArray(value)) return value.map((element) => trim(element, name));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, trim(child, key)]));
}

/** The types of the values, by name. */
const shape = (value: unknown): string =>
  JSON.stringify(value, (name, member: unknown) =>
    typeof member === 'string' && name !== 'errcode' && name !== 'error' ? typeof member : member,
  ) ?? '';
