import type { Socket } from 'node:net';
import ldap, { type Client, type Filter } from 'ldapjs';
import manifest from 'ldapjs/package.json' with { type: 'json' };

/* Features of the LDAP library that its types do not declare, and workarounds for its bugs. */

/** The only supported release: the code below uses its private fields. */
const KNOWN_VERSION = '3.0.7';

if (manifest.version !== KNOWN_VERSION) {
  throw new Error(`ldapjs ${manifest.version} is installed, but Islet needs exactly ${KNOWN_VERSION}: run "npm ci"`);
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

/* The library reads the diagnostic message of a refusal from a field name that results no longer have. */
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

/** Whether the library knows a result code. It fails on unknown ones. */
export const isKnownCode = (code: number): boolean => codes.has(code);

/**
 * Prevents the library from converting a filter to text, which it does before each search for its own log. The
 * conversion is not needed, and fails on bytes that look like the start of a multi-byte character.
 */
export function withoutFilterText(filter: Filter): Filter {
  return Object.defineProperty(filter, 'toString', { value: () => '', configurable: true });
}

interface Encodable {
  toBer(): { readonly buffer: Buffer };
}

const { FilterString } = ldap as unknown as { readonly FilterString: new () => Filter & Encodable };

/** A filter that is encoded already. */
export class EncodedFilter extends FilterString {
  constructor(private readonly bytes: Buffer) {
    super();
  }

  override toBer(): { readonly buffer: Buffer } {
    return { buffer: this.bytes };
  }
}

export const encodedByLibrary = (filter: Filter): Buffer => (filter as unknown as Encodable).toBer().buffer;

/** A distinguished name that is sent unchanged: the library's own parser misreads `\+` and `\\`. */
export const rawDn = (dn: string): string =>
  ({ [Symbol.toStringTag]: 'LdapDn', toString: () => dn }) as unknown as string;

/**
 * Works around the library treating the brackets of an IPv6 address as part of the host name. Call it before
 * connecting.
 */
export function fixIpv6Host(client: Client, host: string): void {
  const { urls } = client as unknown as { readonly urls?: readonly { hostname: string }[] };
  if (!urls?.length) throw new Error('ldapjs: a client has no `urls`, which contains the host');
  for (const url of urls) url.hostname = host;
}

/**
 * Redirects the data that a connected client receives to `receive`. The library only gets the messages that are passed
 * on. It would describe each piece of data for its own log, which takes longer than to read an entry. Call it again when
 * the connection has become an encrypted one.
 *
 * @param failed receives errors of `receive` and of the library
 * @returns passes whole messages on to the library
 */
export function interceptReplies(
  client: Client,
  receive: (chunk: Buffer) => void,
  failed: (error: unknown) => void,
): (message: Buffer) => void {
  interface Connected {
    readonly _socket?: Socket;
    readonly _tracker?: { readonly parser?: { write(bytes: Buffer): void } };
  }
  const { _socket: socket, _tracker: tracker } = client as unknown as Connected;
  const parser = tracker?.parser;
  if (!parser) throw new Error('ldapjs: a connected client has no `_tracker.parser`, which reads the incoming data');
  const receivers = socket?.listeners('data') ?? [];
  if (!socket || receivers.length === 0) throw new Error('ldapjs: nothing receives the data of `_socket`');
  socket.on('data', (chunk: Buffer) => {
    try {
      receive(chunk);
    } catch (error) {
      failed(error);
    }
  });
  for (const receiver of receivers) socket.off('data', receiver as () => void);
  return (message) => parser.write(message);
}
