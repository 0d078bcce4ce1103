import { z } from 'zod';
import { isRegion } from '../../domain/phone-number.js';
import { addresses, asUrl } from './addresses.js';
import { asList, asText, kind, Unfit } from './kind.js';
import { scalars } from './scalars.js';
import { sourceName } from './source-name.js';

const { text, secret, flag, count, duration, share, word } = scalars;
const { serverName } = addresses;

/** `mail`, or `[mail, proxyAddresses]`. */
const names = kind({ anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1 }] }, readNames);

function readNames(value: unknown): readonly string[] {
  const list = (Array.isArray(value) ? value : [value]).map(asText);
  if (list.length === 0) throw new Unfit('is empty', 'leave it out instead');
  return list;
}

const ldapUrls = kind({ anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1 }] }, (value) =>
  readNames(value).map((element) => {
    const url = asUrl(element, ['ldaps:', 'ldap:']);
    if (url.username || url.password) throw new Unfit('must not hold a user name or a password', 'they are bindDn and bindPassword');
    if (!['', '/'].includes(url.pathname) || url.search || url.hash) {
      throw new Unfit('must be a scheme, a host and a port', 'what is searched is said by bases and filter');
    }
    return `${url.protocol}//${url.host}`;
  }),
);

/** Two letters, as phone books name countries. */
const region = kind({ type: 'string', pattern: '^[A-Z]{2}$' }, (value) => {
  const letters = asText(value).toUpperCase();
  if (isRegion(letters)) return letters;
  throw new Unfit('must be a region of two letters that has phone numbers, such as DE or GB');
});

const mirror = z.strictObject({
  every: duration('24d').prefault('5m').meta({ description: 'How often it is read.' }),
  maxShrink: share.prefault('20%').meta({
    description: 'A listing that lacks more than this share of what is known is taken for broken, and not applied.',
  }),
});

/** A directory. Spec of the words: RFC 4511 to 4516. */
export const ldap = z.strictObject({
  name: sourceName.meta({
    description: 'Your name for this directory. Its mirror is kept under it: do not change it.',
    examples: ['staff'],
  }),
  urls: ldapUrls.meta({
    description: 'Its servers, `ldaps://host` or `ldap://host`, tried in this order.',
    examples: [['ldaps://dc1.example.org', 'ldaps://dc2.example.org']],
  }),
  startTls: flag.prefault(false).meta({ description: 'Whether `ldap://` turns to TLS before anything is said.' }),
  allowClearText: flag.prefault(false).meta({
    description: 'Whether the password of `bindDn` may cross the network unprotected.',
  }),
  caFile: text.optional().meta({
    description: "Certificates (PEM) to trust instead of the system's.",
    examples: ['/etc/islet/ca.pem'],
  }),
  bindDn: text.optional().meta({
    description: 'Who we are to the directory. Without it, nobody: an anonymous bind.',
    examples: ['cn=islet,ou=services,dc=example,dc=org'],
  }),
  bindPassword: secret.optional().meta({ description: 'Password of `bindDn`.' }),
  bindPasswordFile: text.optional().meta({
    description: 'File with that password.',
    examples: ['/etc/islet/ldap-password'],
  }),
  preset: word('openldap', 'activeDirectory', 'freeipa').optional().meta({
    description: 'Fills in `filter` and `attributes` where they are not given: `openldap`, `activeDirectory` or `freeipa`.',
    examples: ['openldap'],
  }),
  bases: names.meta({
    description: 'Where people are, each searched with all that is below it.',
    examples: [['ou=people,dc=example,dc=org']],
  }),
  filter: text.optional().meta({
    description: 'Who of them counts.',
    examples: ['(objectClass=inetOrgPerson)'],
  }),
  attributes: z
    .strictObject({
      user: text.optional().meta({
        description: 'Holds the user name, or the whole Matrix ID if there is no `homeserver`.',
        examples: ['uid'],
      }),
      email: names.optional().meta({ description: 'Hold email addresses.', examples: [['mail']] }),
      msisdn: names.optional().meta({ description: 'Hold phone numbers.', examples: [['mobile', 'telephoneNumber']] }),
    })
    .prefault({}),
  homeserver: serverName.optional().meta({
    description: 'Server name in the Matrix IDs of these people.',
    examples: ['example.org'],
  }),
  localpart: text.optional().meta({
    description:
      'What stands before the colon of their Matrix IDs: `u{uid}`, `{mail|before-at}`. Without it, the user name as Synapse maps it.',
    examples: ['{uid}'],
  }),
  phoneRegion: region.optional().meta({
    description: 'Where phone numbers without a country are at home.',
    examples: ['DE'],
  }),
  timeLimit: duration('1h').prefault('3s').meta({ description: 'How long one question may take.' }),
  connections: count(1, 100).prefault(4).meta({ description: 'Most connections for questions.' }),
  pageSize: count(1, 10_000).prefault(1000).meta({ description: 'Entries per page of a listing.' }),
  mirror: z.preprocess(
    (value) => (value === true ? {} : value),
    z.union([z.literal(false), mirror]),
  ).prefault({}).meta({
    description: 'Whether a copy is kept, which answers hashed lookups and when the directory is down; `false` for none.',
  }),
});

export type LdapSettings = z.output<typeof ldap>;
