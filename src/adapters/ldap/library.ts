import ldap, { type Client, type SearchEntry } from 'ldapjs';

/*
 * What the LDAP library can do and its types do not say, and ways around what it does wrong.
 */

/** A search result's control; RFC 2696 for the one of paging. */
interface Control {
  readonly type: string;
  readonly value?: { readonly cookie?: Buffer };
}

interface PagedResultsControl {
  readonly OID: string;
  new (options: { readonly value: { readonly size: number; readonly cookie?: Buffer } }): Control;
}

const { PagedResultsControl } = ldap as unknown as { readonly PagedResultsControl: PagedResultsControl };

export const paged = (size: number, cookie: Buffer | undefined): Control =>
  new PagedResultsControl({ value: { size, ...(cookie && { cookie }) } });

/** What to ask for the next page with. A server that cannot page has sent everything. */
export function nextCookie(controls: readonly Control[] = []): Buffer | undefined {
  const cookie = controls.find(({ type }) => type === PagedResultsControl.OID)?.value?.cookie;
  return cookie?.length ? cookie : undefined;
}

/** The name of an entry as it is at run time; the types know an older form. */
export interface Dn {
  readonly length: number;
  rdnAt(index: number): { keys(): Iterable<string>; getValue(name: string): string | { readonly buffer: Buffer } };
}

export const nameOf = ({ objectName }: SearchEntry): Dn => objectName as unknown as Dn;

/** A distinguished name that goes out as it is written: the library's own reading mistakes `\+` and `\\`. */
export const verbatim = (dn: string): string =>
  ({ [Symbol.toStringTag]: 'LdapDn', toString: () => dn }) as unknown as string;

/** The library takes the brackets of an IPv6 address for a part of the host's name. Before it connects. */
export function unbracket(client: Client, host: string): void {
  for (const url of (client as unknown as { readonly urls: { hostname: string }[] }).urls) url.hostname = host;
}
