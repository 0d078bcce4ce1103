import { z } from 'zod';
import { tlsFiles } from '../tls-files.js';
import { accounts, withoutAccountName } from '../../values/account-mode.js';
import { addresses } from '../../values/addresses.js';
import { directoryKinds } from '../../values/ldap-values.js';
import { followedMirror } from './mirror.js';
import { scalars } from '../../values/scalars.js';
import { sourceName } from '../../values/source-name.js';

const { text, secret, flag, count, duration, word } = scalars;
const { urls, bases, attribute, attributes, filter, localpart, region } = directoryKinds;

const attributeNames = z.strictObject({
  user: attribute.optional().meta({
    description: 'Attribute with the user name, or with the full Matrix ID if `homeserver` is not set.',
    examples: ['uid'],
  }),
  email: attributes.optional().meta({ description: 'Attributes with email addresses.', examples: [['mail']] }),
  msisdn: attributes
    .optional()
    .meta({ description: 'Attributes with phone numbers.', examples: [['mobile', 'telephoneNumber']] }),
  id: attribute.optional().meta({
    description:
      'Attribute with an identifier that stays the same when a person is renamed. Default: `entryUUID`, `objectGUID` and the like, whichever exists.',
    examples: ['entryUUID'],
  }),
});

/** Options of an LDAP directory. */
export const ldap = z.strictObject({
  name: sourceName.meta({
    description: 'Your name for this directory. Do not change it: the local copy is stored under this name.',
    examples: ['staff'],
  }),
  urls: urls.meta({
    description: 'URLs of its servers, `ldaps://host` or `ldap://host`, tried in this order.',
    examples: [['ldaps://dc1.example.org', 'ldaps://dc2.example.org']],
  }),
  startTls: flag.prefault(false).meta({ description: 'Whether to use STARTTLS on connections to `ldap://`.' }),
  allowClearText: flag
    .prefault(false)
    .meta({ description: 'Whether the password of `bindDn` may be sent without TLS.' }),
  ...tlsFiles,
  bindDn: text.optional().meta({
    description: 'Bind DN; anonymous bind if unset.',
    examples: ['cn=islet,ou=services,dc=example,dc=org'],
  }),
  bindPassword: secret.optional().meta({ description: 'Password of `bindDn`.' }),
  bindPasswordFile: text.optional().meta({
    description: 'File with the password of `bindDn`.',
    examples: ['/etc/islet/ldap-password'],
  }),
  preset: word('openldap', 'activeDirectory', 'freeipa')
    .optional()
    .meta({
      description: 'Defaults for `filter` and `attributes`: `openldap`, `activeDirectory` or `freeipa`.',
      examples: ['openldap'],
    }),
  bases: bases.meta({
    description:
      'Base DNs. Each is searched with its whole subtree. `[""]` searches the whole forest through a global catalog.',
    examples: [['ou=people,dc=example,dc=org']],
  }),
  filter: filter.optional().meta({
    description:
      'LDAP filter (RFC 4515) for entries that are people. `{now}` in a comparison by `>=` or `<=` is the current time. Default: the filter of the preset.',
    examples: ['(&(objectClass=inetOrgPerson)(!(employeeType=left)))'],
  }),
  unlisted: filter.optional().meta({
    description:
      'LDAP filter (RFC 4515) for people whom lookups must not return. Their accounts work like all others, and nobody else can bind their addresses.',
    examples: ['(memberOf=cn=protected,ou=groups,dc=example,dc=org)'],
  }),
  aliases: word('ignore', 'follow').prefault('ignore').meta({
    description:
      'Whether entries of the class `alias` are replaced by the entry that they point to (`follow`) or skipped (`ignore`).',
  }),
  attributes: attributeNames
    .prefault({})
    .meta({ description: 'Names of the attributes with the user name, addresses and ID.' }),
  homeserver: addresses.serverName.optional().meta({
    description: 'Server name of the Matrix IDs of these people.',
    examples: ['example.org'],
  }),
  localpart: localpart.optional().meta({
    description:
      'Template for the localpart of their Matrix IDs, such as `u{uid}` or `{mail|before-at}`. Default: the user name.',
    examples: ['{uid}'],
  }),
  accounts,
  withoutAccountName,
  phoneRegion: region.optional().meta({
    description:
      'Country of phone numbers that are written without a calling code. Without it, such numbers are skipped.',
    examples: ['DE'],
  }),
  timeLimit: duration('1h').prefault('3s').meta({ description: 'Time limit for one lookup.' }),
  connections: count(1, 100).prefault(4).meta({ description: 'Maximum number of connections for lookups.' }),
  pageSize: count(1, 10_000).prefault(1000).meta({ description: 'Entries per page when the directory is listed.' }),
  mirror: followedMirror.meta({
    description:
      'Whether to keep a local copy of the directory. The copy answers hashed lookups, and all lookups while the directory is down. `false`: no copy.',
  }),
});

export type LdapSettings = z.output<typeof ldap>;
