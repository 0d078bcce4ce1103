import { z } from 'zod';
import { tlsFiles } from '../tls-files.js';
import { accounts } from '../../values/account-mode.js';
import { addresses } from '../../values/addresses.js';
import { directoryKinds } from '../../values/ldap-values.js';
import { followedMirror } from './mirror.js';
import { scalars } from '../../values/scalars.js';
import { sourceName } from '../../values/source-name.js';

const { text, secret, flag, count, duration, word } = scalars;
const { urls, bases, attribute, attributes, filter, localpart, region } = directoryKinds;

const attributeNames = z.strictObject({
  user: attribute.optional().meta({
    description: 'Holds the user name, or the whole Matrix ID where there is no `homeserver`.',
    examples: ['uid'],
  }),
  email: attributes.optional().meta({ description: 'Hold email addresses.', examples: [['mail']] }),
  msisdn: attributes.optional().meta({ description: 'Hold phone numbers.', examples: [['mobile', 'telephoneNumber']] }),
  id: attribute.optional().meta({
    description: 'Holds what stays with a person who is renamed. Without it, the usual ones are looked for.',
    examples: ['entryUUID'],
  }),
});

/** What can be written of a directory. */
export const ldap = z.strictObject({
  name: sourceName.meta({
    description: 'Your name for this directory. Its mirror is kept under it, so do not change it.',
    examples: ['staff'],
  }),
  urls: urls.meta({
    description: 'Its servers, `ldaps://host` or `ldap://host`, tried in this order.',
    examples: [['ldaps://dc1.example.org', 'ldaps://dc2.example.org']],
  }),
  startTls: flag
    .prefault(false)
    .meta({ description: 'Whether connections to `ldap://` turn to TLS before anything is said.' }),
  allowClearText: flag
    .prefault(false)
    .meta({ description: 'Whether the password of `bindDn` may cross the network unprotected.' }),
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
      description:
        'Fills in `filter` and `attributes` where they are not given: `openldap`, `activeDirectory` or `freeipa`.',
      examples: ['openldap'],
    }),
  bases: bases.meta({
    description:
      'Where people are; each is searched with all that is below it. `[""]` is the whole forest of a global catalog.',
    examples: [['ou=people,dc=example,dc=org']],
  }),
  filter: filter.optional().meta({
    description: 'Which entries there are people (RFC 4515). Without it, what the preset says.',
    examples: ['(&(objectClass=inetOrgPerson)(!(employeeType=left)))'],
  }),
  unlisted: filter.optional().meta({
    description:
      'Which of these people are told to nobody (RFC 4515): they are not found, their accounts are as all others, and their addresses stay theirs.',
    examples: ['(memberOf=cn=protected,ou=groups,dc=example,dc=org)'],
  }),
  aliases: word('ignore', 'follow')
    .prefault('ignore')
    .meta({ description: 'Whether entries of the class `alias` stand for whom they name (`follow`), or for nobody.' }),
  attributes: attributeNames.prefault({}).meta({ description: 'Which attributes hold what.' }),
  homeserver: addresses.serverName.optional().meta({
    description: 'Server name in the Matrix IDs of these people.',
    examples: ['example.org'],
  }),
  localpart: localpart.optional().meta({
    description:
      'What stands before the colon of their Matrix IDs: `u{uid}`, `{mail|before-at}`. Without it, the user name.',
    examples: ['{uid}'],
  }),
  accounts,
  phoneRegion: region.optional().meta({
    description: 'Where phone numbers without a country are at home; without it they are left out.',
    examples: ['DE'],
  }),
  timeLimit: duration('1h').prefault('3s').meta({ description: 'How long one lookup may take.' }),
  connections: count(1, 100).prefault(4).meta({ description: 'Most connections for lookups.' }),
  pageSize: count(1, 10_000).prefault(1000).meta({ description: 'Entries per page of a listing.' }),
  mirror: followedMirror.meta({
    description:
      'Whether a copy is kept, which answers hashed lookups, and all when the directory is down; `false` for none.',
  }),
});

export type LdapSettings = z.output<typeof ldap>;
