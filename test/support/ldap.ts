import type { LdapOptions } from '../../src/adapters/ldap/options.js';
import { ldapSource, type LdapSource } from '../../src/adapters/ldap/source.js';
import type { DirectoryEntry } from '../../src/domain/directory.js';
import type { Clock } from '../../src/ports/clock.js';
import { Heard } from './fakes.js';

/** A source that asks a server as its administrator, unless the options say otherwise. */
export const sourceOf = (
  server: { readonly url: string; readonly adminDn: string; readonly adminPassword: string },
  options: Partial<LdapOptions> = {},
  telemetry = new Heard(),
  clock?: Clock,
): LdapSource =>
  ldapSource(
    {
      name: 'staff',
      urls: [server.url],
      bindDn: server.adminDn,
      password: server.adminPassword,
      bases: ['ou=people,dc=example,dc=org'],
      preset: 'openldap',
      homeserver: 'example.org',
      phoneRegion: 'DE',
      timeLimitMs: 10_000,
      connections: 4,
      pageSize: 1_000,
      ...options,
    },
    telemetry,
    clock,
  );

/** Everything a listing gives, with the part each entry is from. */
export async function listed(source: LdapSource): Promise<readonly (DirectoryEntry & { readonly part: string })[]> {
  const all: (DirectoryEntry & { readonly part: string })[] = [];
  for await (const { part, entries } of source.list()) {
    for (const entry of entries) all.push({ ...entry, part, read: () => entry.read() });
  }
  return all;
}
