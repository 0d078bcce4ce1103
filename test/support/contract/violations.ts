import type { ValidateFunction } from 'ajv/dist/2020.js';
import { exceptions } from './exceptions.js';
import { type Operation, operationOf } from './specification.js';

/** A response to check. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const PREFIX = '/_matrix/identity';

/** The responses of the specification that occurred, as `POST /v2/lookup 400`. */
export const seen = new Set<string>();

/** @throws if the response violates the specification */
export function expectConformance(method: string, url: string, answered: Answered): void {
  const violations = violationsOf(method, url, answered);
  if (violations.length === 0) return;
  throw new Error(
    `${method} ${url}: ${answered.status} ${answered.text} is against the specification: ${violations.join(', ')}`,
  );
}

/**
 * How a response violates the specification's data and its general rules.
 *
 * @param url the full path and query
 */
export function violationsOf(method: string, url: string, answered: Answered): readonly string[] {
  const path = decoded(url.split('?', 1)[0] ?? '');
  if (!path.startsWith(PREFIX) || method === 'OPTIONS' || method === 'HEAD') return [];

  const operation = operationOf(method, path);
  const isForPeople = path.endsWith('/submitToken') && (method === 'GET' || url.includes('confirm='));
  const { status } = answered;
  const name = `${method} ${operation?.path.slice(PREFIX.length)}`;
  const declared = operation && declaredIn(operation, status);
  if (declared) seen.add(`${name} ${declared.status}`);
  if (isForPeople && !isJson(answered)) return pageViolations(answered);
  const general = status >= 400 ? errorViolations(answered) : objectViolations(answered);
  if (general.length > 0) return general;
  if (!operation) return status < 400 && isV2(path) ? ['there is no such endpoint'] : [];
  if (!declared) return exceptionViolations(name, answered);
  return declared.validate ? schemaViolations(declared.validate, answered) : [];
}

const isV2 = (path: string) => path.startsWith(`${PREFIX}/v2`);

function declaredIn({ answers }: Operation, status: number) {
  for (const key of [String(status), `${Math.floor(status / 100)}XX`]) {
    if (answers.has(key)) return { status: key, validate: answers.get(key) };
  }
  return undefined;
}

function schemaViolations(validate: ValidateFunction, { text }: Answered): readonly string[] {
  if (validate(JSON.parse(text))) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath || 'the answer'} ${message}`);
}

/** Spec: "Standard error response"; the text requires both fields. */
function errorViolations(answered: Answered): readonly string[] {
  const found = objectViolations(answered);
  if (found.length > 0) return found;
  const { errcode, error } = JSON.parse(answered.text) as Record<string, unknown>;
  return [
    ...(typeof errcode === 'string' && /^M_[A-Z_]+$/.test(errcode) ? [] : ['no errcode']),
    ...(typeof error === 'string' && error !== '' ? [] : ['no error']),
  ];
}

function objectViolations(answered: Answered): readonly string[] {
  if (!isJson(answered)) return [`content type ${answered.headers.get('content-type')}`];
  try {
    const value: unknown = JSON.parse(answered.text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? [] : ['not an object'];
  } catch {
    return ['not JSON'];
  }
}

function exceptionViolations(name: string, { status, text }: Answered): readonly string[] {
  const { errcode } = JSON.parse(text) as { errcode: string };
  const isExcused = exceptions.some(
    (exception) =>
      exception.status === status && (exception.only?.includes(name) ?? true) && exception.errcodes.includes(errcode),
  );
  return isExcused ? [] : [`status ${status} with ${errcode} is not declared`];
}

function pageViolations({ status, headers }: Answered): readonly string[] {
  if (status >= 300 && status < 400) return headers.has('location') ? [] : ['leads nowhere'];
  return headers.get('content-type')?.startsWith('text/html') ? [] : ['neither a page nor JSON'];
}

const isJson = ({ headers }: Answered) => /^application\/json(;|$)/.test(headers.get('content-type') ?? '');

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
