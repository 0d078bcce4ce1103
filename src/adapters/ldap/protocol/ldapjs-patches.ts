import { createRequire } from 'node:module';
import ldap, { type Client, type Filter } from 'ldapjs';

/*
 * What the LDAP library can do and its types do not say, and ways around what it does wrong.
 */

/** The release whose private parts are reached below. */
const KNOWN_VERSION = '3.0.7';

const { version } = createRequire(import.meta.url)('ldapjs/package.json') as { readonly version: string };
if (version !== KNOWN_VERSION) {
  throw new Error(`ldapjs ${version} is installed, and Islet needs ${KNOWN_VERSION} exactly: run "npm ci"`);
}

/** RFC 2696, 2. */
interface Control {
  readonly type: string;
}

interface PagedResultsControl {
  new (options: { readonly value: { readonly size: number; readonly cookie?: Buffer } }): Control;
}

const { PagedResultsControl } = ldap as unknown as { readonly PagedResultsControl: PagedResultsControl };

export const paged = (size: number, cookie: Buffer | undefined): Control =>
  new PagedResultsControl({ value: { size, ...(cookie && { cookie }) } });

/*
 * What a server says of its refusal is read by the library under a name that results once had.
 */
const { LDAPResult } = ldap as unknown as { readonly LDAPResult: { readonly prototype: object } };
Object.defineProperty(LDAPResult.prototype, 'errorMessage', {
  configurable: true,
  get(this: { diagnosticMessage: string }) {
    return this.diagnosticMessage;
  },
  set(this: { diagnosticMessage: string }, text: string) {
    this.diagnosticMessage = text;
  },
});

const codes = new Set<unknown>(
  Object.entries(ldap).flatMap(([name, code]) => (name.startsWith('LDAP_') ? [code] : [])),
);

/** Whether the library knows a result code; it fails on others. */
export const isKnownCode = (code: number): boolean => codes.has(code);

/**
 * Keeps the library from writing a filter as text, which it does before each question for a log that
 * nobody reads, and which fails on bytes that look like the beginning of a character.
 */
export function withoutFilterText(filter: Filter): Filter {
  return Object.defineProperty(filter, 'toString', { value: () => '', configurable: true });
}

/** A distinguished name that goes out as it is written: the library's own reading mistakes `\+` and `\\`. */
export const rawDn = (dn: string): string =>
  ({ [Symbol.toStringTag]: 'LdapDn', toString: () => dn }) as unknown as string;

/** The library takes the brackets of an IPv6 address for a part of the host's name. Before it connects. */
export function fixIpv6Host(client: Client, host: string): void {
  const { urls } = client as unknown as { readonly urls?: readonly { hostname: string }[] };
  if (!urls?.length) throw new Error('ldapjs: a client has no `urls`, in which the host stands');
  for (const url of urls) url.hostname = host;
}

/**
 * Has what a connected client receives go to `receive`, and to the library only what is handed on.
 *
 * @param failed given what `receive` and the library throw
 * @returns hands on whole messages
 */
export function interceptReplies(
  client: Client,
  receive: (chunk: Buffer) => void,
  failed: (error: unknown) => void,
): (message: Buffer) => void {
  interface Parser {
    write(bytes: Buffer): void;
  }
  const { _tracker: tracker } = client as unknown as { readonly _tracker?: { readonly parser?: Parser } };
  const parser = tracker?.parser;
  if (!parser) throw new Error('ldapjs: a connected client has no `_tracker.parser`, which reads what arrives');
  const handOn = parser.write.bind(parser);
  parser.write = (chunk) => {
    try {
      receive(chunk);
    } catch (error) {
      failed(error);
    }
  };
  return handOn;
}
