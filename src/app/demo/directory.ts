import ldap from 'ldapjs';
import type { DemoEntry } from './people.js';

export interface DemoServer {
  readonly url: string;
  close(): Promise<void>;
}

export const DEMO_BIND_DN = 'cn=islet,dc=island,dc=example';
export const DEMO_BIND_PASSWORD = 'demo';

// The published types do not include these.
const { PagedResultsControl } = ldap as unknown as { PagedResultsControl: new (options: object) => object };
interface BindRequest {
  readonly dn: { toString(): string };
  readonly credentials: string;
}
interface SearchRequest {
  readonly filter: Filter;
}
interface Response {
  /** The requested attributes. The library returns only attributes with exactly this spelling, in lower case. */
  attributes: readonly string[];
  send(entry: { dn: string; attributes: Record<string, readonly string[]> }): void;
  addControl(control: unknown): void;
  end(): void;
}
type Next = (error?: unknown) => void;
type Filter =
  | { readonly type: 'AndFilter' | 'OrFilter'; readonly filters: readonly Filter[] }
  | { readonly type: 'NotFilter'; readonly filter: Filter }
  | { readonly type: 'PresenceFilter'; readonly attribute: string }
  | { readonly type: 'EqualityFilter'; readonly attribute: string; readonly value: string }
  | {
      readonly type: 'SubstringFilter';
      readonly attribute: string;
      readonly initial?: string;
      readonly any: readonly string[];
      readonly final?: string;
    };

/**
 * A directory without dependencies other than Node. It answers only the requests of Islet: a demo, not a complete
 * LDAP server.
 */
export async function startDirectory(base: string, entries: readonly DemoEntry[], port = 0): Promise<DemoServer> {
  const server = ldap.createServer();
  server.bind('', (request: BindRequest, response: Response, next: Next) => {
    const isKnown = request.dn.toString().toLowerCase() === DEMO_BIND_DN && request.credentials === DEMO_BIND_PASSWORD;
    if (!isKnown) return next(new ldap.InvalidCredentialsError('wrong name or password'));
    response.end();
    return next();
  });
  server.search(base, (request: SearchRequest, response: Response, next: Next) => {
    response.attributes = response.attributes.map((name) => name.toLowerCase());
    for (const { dn, attributes } of entries) {
      if (matches(request.filter, attributes)) response.send({ dn, attributes: { ...attributes } });
    }
    // All results are in one page, which is the last.
    response.addControl(new PagedResultsControl({ value: { size: 0, cookie: Buffer.alloc(0) } }));
    response.end();
    next();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });
  // The library rejects invalid LDAP messages itself; other clients are not affected.
  server.on('error', () => undefined);
  return {
    url: server.url.replace(/\/$/, ''),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Evaluates a filter like a directory: names and values are case-insensitive. */
function matches(filter: Filter, attributes: DemoEntry['attributes']): boolean {
  switch (filter.type) {
    case 'AndFilter':
      return filter.filters.every((part) => matches(part, attributes));
    case 'OrFilter':
      return filter.filters.some((part) => matches(part, attributes));
    case 'NotFilter':
      return !matches(filter.filter, attributes);
    case 'PresenceFilter':
      return valuesOf(filter.attribute, attributes).length > 0;
    case 'EqualityFilter':
      return valuesOf(filter.attribute, attributes).some((value) => fold(value) === fold(filter.value));
    case 'SubstringFilter': {
      const { initial = '', any, final = '' } = filter;
      return valuesOf(filter.attribute, attributes).some((value) => hasParts(fold(value), initial, any, final));
    }
    default:
      return false;
  }
}

function hasParts(value: string, initial: string, any: readonly string[], final: string): boolean {
  let at = 0;
  if (initial) {
    if (!value.startsWith(fold(initial))) return false;
    at = fold(initial).length;
  }
  for (const part of any) {
    const found = value.indexOf(fold(part), at);
    if (found < 0) return false;
    at = found + fold(part).length;
  }
  return !final || (value.endsWith(fold(final)) && value.length - fold(final).length >= at);
}

function valuesOf(name: string, attributes: DemoEntry['attributes']): readonly string[] {
  return Object.entries(attributes).find(([own]) => fold(own) === fold(name))?.[1] ?? [];
}

/** ldapjs returns non-ASCII filter values as `\c3\bc`. */
function fold(text: string): string {
  const bytes = text.replace(/(?:\\[0-9a-f]{2})+/gi, (escaped) =>
    Buffer.from(escaped.replaceAll('\\', ''), 'hex').toString(),
  );
  return bytes.toLowerCase();
}
