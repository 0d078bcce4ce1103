import type { LdapOptions } from '../../src/adapters/ldap/options.js';
import { ldapSource, type LdapSource } from '../../src/adapters/ldap/ldap-source.js';
import type { DirectoryEntry } from '../../src/domain/directory/directory-entry.js';
import type { Clock } from '../../src/ports/clock.js';
import { RecordingTelemetry } from './fakes.js';

/** A source that connects as the administrator by default. */
export const sourceOf = (
  server: { readonly url: string; readonly adminDn: string; readonly adminPassword: string },
  options: Partial<LdapOptions> = {},
  telemetry = new RecordingTelemetry(),
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

/** All entries of a listing, each with the base it was found below. */
export async function listed(source: LdapSource): Promise<readonly (DirectoryEntry & { readonly base: string })[]> {
  const all: (DirectoryEntry & { readonly base: string })[] = [];
  for await (const { base, entries } of source.list()) {
    for (const entry of entries) all.push({ ...entry, base: base, parse: () => entry.parse() });
  }
  return all;
}
