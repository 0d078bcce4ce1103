import { expect, it } from 'vitest';
import type { LdapOptions } from '../../../src/adapters/ldap/options.js';
import { ldapSource } from '../../../src/adapters/ldap/ldap-source.js';
import { RecordingTelemetry } from '../../support/fakes.js';

const options: LdapOptions = {
  name: 'staff',
  urls: ['ldaps://dc1.example.org'],
  bindDn: 'cn=islet,dc=example,dc=org',
  password: 'secret',
  bases: ['dc=example,dc=org'],
  preset: 'openldap',
  homeserver: 'example.org',
  timeLimitMs: 1_000,
  connections: 1,
  pageSize: 1_000,
};

const open = (more: Partial<LdapOptions>) => ldapSource({ ...options, ...more }, new RecordingTelemetry());

it.each<[string, Partial<LdapOptions>, string]>([
  ['a password in clear text', { urls: ['ldap://dc1.example.org'] }, 'would send the password unencrypted'],
  ['a password in clear text to one of several', { urls: ['ldaps://a', 'ldap://b'] }, 'ldap://b would send'],
  [
    'a password in clear text to a host whose name resembles localhost',
    { urls: ['ldap://127.example.org'] },
    'unencrypted',
  ],
  ['an empty password', { password: '' }, 'would treat the bind as anonymous'],
  ['no password', { password: undefined }, 'the password is missing'],
  ['an empty bind DN', { bindDn: '' }, 'bindDn is missing'],
  ['a password without a bind DN', { bindDn: undefined }, 'bindDn is missing'],
  ['no server', { urls: [] }, 'urls'],
  ['another kind of URL', { urls: ['https://dc1.example.org'] }, 'https://dc1.example.org must be a URL such as'],
  ['a URL that contains a search', { urls: ['ldaps://dc1.example.org/dc=example?uid'] }, 'must be a URL such as'],
  ['a text that is not a URL', { urls: ['dc1.example.org'] }, 'must be a URL such as'],
  ['no base', { bases: [] }, 'bases'],
  ['a text without certificates as authority', { ca: 'hello' }, 'ca does not contain a certificate'],
  [
    'a broken certificate',
    { ca: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n' },
    'ca: certificate 1 cannot be read',
  ],
  ['a broken filter', { filter: '(cn=' }, 'at its end'],
  ['an invalid attribute name', { attributes: { email: ['mail)(uid=*'] } }, '"mail)(uid=*" is not an attribute name'],
  ['no attribute with the user name', { preset: undefined }, 'attributes.user is missing'],
  ['a localpart without a homeserver', { homeserver: undefined, localpart: '{uid}' }, 'localpart requires homeserver'],
  ['an invalid homeserver name', { homeserver: 'example org' }, 'homeserver'],
  ['an invalid region', { phoneRegion: 'XX' as 'DE' }, 'phoneRegion: XX'],
])('the configuration of a directory is refused for %s', (_what, more, problem) => {
  expect(() => open(more)).toThrow(problem);
});

it.each<[string, Partial<LdapOptions>]>([
  ['LDAPS', {}],
  ['StartTLS', { urls: ['ldap://dc1.example.org'], startTls: true }],
  ['clear text if that is allowed', { urls: ['ldap://dc1.example.org'], allowClearText: true }],
  ['clear text on this machine', { urls: ['ldap://127.0.0.1', 'ldap://localhost:3389', 'ldap://[::1]'] }],
  ['clear text without a password', { urls: ['ldap://dc1.example.org'], bindDn: undefined, password: undefined }],
])('a directory may be queried over %s', (_what, more) => {
  expect(() => open(more)).not.toThrow();
});
