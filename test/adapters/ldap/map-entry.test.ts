import { describe, expect, it } from 'vitest';
import { read } from '../../../src/adapters/ldap/mapping/map-entry.js';
import { attributesOf, joined, type RawEntry, rawEntry } from '../../../src/adapters/ldap/protocol/raw-entry.js';
import { rulesOf } from '../../../src/adapters/ldap/mapping/mapping-rules.js';
import { email, msisdn } from '../../../src/domain/identifiers/threepid.js';
import { searchResultEntry } from '../../support/ber.js';

type Values = Readonly<Record<string, string | Buffer | readonly (string | Buffer)[]>>;
type Ruling = Parameters<typeof rulesOf>[0];

const usual: Ruling = { preset: 'openldap', homeserver: 'example.org', phoneRegion: 'DE' };

function raw(values: Values, dn = 'uid=anna,dc=example,dc=org', id: readonly string[] = ['entryuuid']): RawEntry {
  return rawEntry(searchResultEntry(dn, values), id);
}

const reading = (values: Values, rules: Partial<Ruling> = {}) => read(raw(values), rulesOf({ ...usual, ...rules }));
const mxidOf = (values: Values, rules: Partial<Ruling> = {}) => reading(values, rules).person?.mxid;

describe('a user ID', () => {
  it.each([
    ['anna', '@anna:example.org'],
    ['Anna.Meier', '@anna.meier:example.org'],
    ['bächli', '@b=c3=a4chli:example.org'],
    ['Ärger', '@=c3=84rger:example.org'],
    ['Dave Smith', '@dave=20smith:example.org'],
    ['a=b', '@a=3db:example.org'],
    ['_svc', '@=5fsvc:example.org'],
    [' anna ', '@anna:example.org'],
  ])('equals that of Synapse for %s', (uid, mxid) => {
    expect(mxidOf({ uid })).toBe(mxid);
  });

  it.each<[string, Values, string]>([
    ['u{uid}', { uid: '10452' }, '@u10452:example.org'],
    ['U{uid}', { uid: '10452' }, '@u10452:example.org'],
    ['{uid|before-at}', { uid: 'anna@example.org' }, '@anna:example.org'],
    ['{uid|default-domain:example.org}', { uid: 'anna@emea.example.org' }, '@anna/emea.example.org:example.org'],
    ['{givenName}.{sn}', { givenName: 'Anna', sn: 'Meier' }, '@anna.meier:example.org'],
    ['{mail|before-at}', { mail: ['Anna@example.org', 'anna@example.net'] }, '@anna:example.org'],
    ['{UID}', { uid: 'anna' }, '@anna:example.org'],
  ])('is made with the template %s', (localpart, values, mxid) => {
    expect(mxidOf(values, { localpart })).toBe(mxid);
  });

  it.each<[string, Values, string]>([
    ['a number', { uid: '10452' }, 'add a prefix in `localpart`'],
    ['two names', { uid: ['anna', 'annette'] }, 'the user name, has several values'],
    ['two names in two languages', { uid: 'anna', 'uid;lang-de': 'annette' }, 'the user name, has several values'],
    ['an entry without the attribute', {}, '`uid`, the attribute with the user name, is missing'],
    ['an empty value', { uid: ['', ' '] }, '`uid`, the attribute with the user name, is missing'],
    ['a value that is too long', { uid: 'a'.repeat(250) }, 'the user name cannot be used in a Matrix ID'],
    ['bytes that are not text', { uid: Buffer.from([0x61, 0xff]) }, 'the user name is not text'],
  ])('cannot be made of %s', (_what, values, problem) => {
    const { person, skipped } = reading(values);
    expect(person).toBeUndefined();
    expect(skipped).toEqual([expect.stringContaining(problem)]);
  });

  it.each<[string, Values, string]>([
    [
      'u{mail|before-at}',
      { mail: '@example.org' },
      '`mail`, the attribute with the user name, has nothing before the @',
    ],
    ['{mail|before-at}', { mail: ['anna@example.org', 'meier@example.org'] }, 'the user name, has several values'],
    ['{givenName}.{sn}', { givenName: 'Anna' }, '`sn`, the attribute with the user name, is missing'],
    ['{jpegPhoto}', { jpegPhoto: Buffer.from([0xff, 0xd8, 0xff]) }, 'the user name is not text'],
    ['{description}', { description: 'ä'.repeat(45) }, 'the user name cannot be used in a Matrix ID'],
  ])('cannot be made with the template %s of %j', (localpart, values, problem) => {
    const { person, skipped } = reading(values, { localpart, attributes: { email: [], msisdn: [] } });
    expect(person).toBeUndefined();
    expect(skipped).toEqual([expect.stringContaining(problem)]);
  });

  it('is the same for two spellings of one user name', () => {
    expect(mxidOf({ uid: ['Anna', 'anna'] })).toBe('@anna:example.org');
  });

  it.each([
    ['@anna:example.org', '@anna:example.org'],
    ['@Anna.Meier:Example.org', '@anna.meier:example.org'],
    ['@a b!:example.org', '@a b!:example.org'],
    ['anna', undefined],
    ['anna@example.org', undefined],
    ['@anna:not a server', undefined],
  ])('is complete in the entry if no homeserver is configured: %s', (description, mxid) => {
    const rules: Ruling = { preset: 'openldap', attributes: { user: 'description' } };
    expect(read(raw({ description }), rulesOf(rules)).person?.mxid).toBe(mxid);
  });
});

describe('an email address', () => {
  const addresses = (values: Values, rules: Partial<Ruling> = {}) =>
    reading({ uid: 'anna', ...values }, rules).person?.threepids;

  it('is folded and listed once', () => {
    const mail = ['Anna@Example.org', 'anna@example.org', ' a.meier@example.org '];
    expect(addresses({ mail })).toEqual([email('anna@example.org'), email('a.meier@example.org')]);
  });

  it('keeps the alias under which clients that only lower-case look it up', () => {
    expect(addresses({ mail: ['strauss@example.org', 'Strauß@example.org'] })).toEqual([email('strauß@example.org')]);
  });

  it.each(['mail;lang-de', 'MAIL', 'Mail;x-a;binary', 'mail;range=0-1499'])('is read from the attribute %s', (name) => {
    const values = { [name]: Buffer.from('anna@example.org') };
    expect(addresses(values, { attributes: { email: ['MAIL'] } })).toEqual([email('anna@example.org')]);
  });

  it.each([
    [{ userid: 'anna', rfc822Mailbox: 'anna@example.org', mobileTelephoneNumber: '0221 5551234' }, {}],
    [
      { uid: 'anna', 'mail;lang-de': 'anna@example.org', mobile: '0221 5551234' },
      { user: 'userID', email: ['RFC822Mailbox'], msisdn: ['mobileTelephoneNumber'] },
    ],
  ])('is read, like all values, from both names of an attribute: %j', (values: Values, attributes) => {
    expect(reading(values, { attributes }).person).toEqual({
      mxid: '@anna:example.org',
      threepids: [email('anna@example.org'), msisdn('492215551234')],
    });
  });

  it('is read from an attribute with an option only if that option is configured', () => {
    const values = { mail: 'a@example.org', 'mail;lang-de;x-b': 'b@example.org' };
    expect(addresses(values, { attributes: { email: ['mail;lang-de'] } })).toEqual([email('b@example.org')]);
  });

  it('is recognised as a mail address by its prefix', () => {
    const proxyAddresses = [
      'SMTP:Anna@example.org',
      'smtp:old@example.org',
      'X400:c=DE;a= ;p=Example',
      'sip:anna@example.org',
    ];
    const { person, skipped } = reading({ uid: 'anna', proxyAddresses }, { attributes: { email: ['proxyAddresses'] } });
    expect(person?.threepids).toEqual([email('anna@example.org'), email('old@example.org')]);
    expect(skipped).toEqual([]);
  });

  it.each(['mailto:anna@example.org', 'smtp:anna@example.org', 'sip:anna@example.org'])(
    'may not have a prefix in the attribute `mail`: %s is skipped and reported',
    (mail) => {
      const { person, skipped } = reading({ uid: 'anna', mail });
      expect(person?.threepids).toEqual([]);
      expect(skipped).toEqual(['a value of `mail` is not an email address']);
    },
  );

  it('that is invalid is skipped without other values, and is not quoted', () => {
    const { person, skipped } = reading({
      uid: 'anna',
      mail: ['Anna <anna@example.org>', 'a@example.org', Buffer.from([0xff, 0x40, 0x61])],
    });
    expect(person?.threepids).toEqual([email('a@example.org')]);
    expect(skipped).toEqual(['a value of `mail` is not an email address (2 times)']);
  });
});

describe('a phone number', () => {
  it.each([
    ['+49 (0)221 555-1234', '492215551234'],
    ['0221 / 555 12 34', '492215551234'],
    ['0049 221 5551234', '492215551234'],
    ['492215551234', '492215551234'],
    ['49 (0)345 279580', '49345279580'],
  ])('is read: %s', (telephoneNumber, digits) => {
    expect(reading({ uid: 'anna', telephoneNumber }).person?.threepids).toEqual([msisdn(digits)]);
  });

  it.each([
    ['+49 221 5551234 ext. 7', '+## ### ####### xxx. #'],
    ['1234', '####'],
    ['n/a', 'x/x'],
    ['0221 5551234; 0170 1234567', '#### #######; #### #######'],
  ])('is skipped, and reported by its pattern without the value: %s', (mobile, pattern) => {
    const { person, skipped } = reading({ uid: 'anna', mobile, telephoneNumber: '', mail: 'anna@example.org' });
    expect(person?.threepids).toEqual([email('anna@example.org')]);
    expect(skipped).toEqual([`a phone number in \`mobile\` cannot be read (${pattern})`]);
  });

  it('in national notation needs a configured region', () => {
    const { skipped } = reading({ uid: 'anna', mobile: '0221 5551234' }, { phoneRegion: undefined });
    expect(skipped).toEqual([expect.stringContaining('write it with + and its calling code, or set `phoneRegion`')]);
  });
});

describe('an entry', () => {
  it('keeps all bytes of its values', () => {
    const values = { uid: 'a\0b\n3\0x', jpegPhoto: Buffer.from([0, 255, 10, 0]), mail: [] as string[], cn: ['ä', ''] };
    expect(attributesOf(raw(values))).toEqual([
      { description: 'uid', values: ['a\0b\n3\0x'] },
      { description: 'jpegPhoto', values: ['\0\xff\n\0'] },
      { description: 'mail', values: [] },
      { description: 'cn', values: ['\xc3\xa4', ''] },
    ]);
  });

  it.each<[Values, string]>([
    [{ entryUUID: '0f1e-2d3c' }, '0f1e-2d3c'],
    [{ OBJECTGUID: Buffer.from('0123456789abcdef') }, '30313233343536373839616263646566'],
    [{ nsUniqueId: 'b', entryuuid: 'a' }, 'a'],
    [{ entryUUID: Buffer.from([0xff, 0]) }, 'ff00'],
    [{ entryUUID: [] }, 'uid=anna,dc=example,dc=org'],
    [{}, 'uid=anna,dc=example,dc=org'],
  ])('has a stable id: %j', (values, id) => {
    expect(raw(values, 'uid=Anna,dc=example,dc=org', ['entryuuid', 'objectguid', 'nsuniqueid']).id).toBe(id);
  });

  it.each([
    ['uid=j\\c3\\bcrgen,ou=B\\C3\\BCro,dc=x', 'uid=jürgen,ou=Büro,dc=x'],
    ['cn=Meier\\2c Anna+uid=am,dc=x', 'cn=Meier\\, Anna+uid=am,dc=x'],
    ['CN=a\\0ACNF:1,DC=x', 'CN=a\\0aCNF:1,DC=x'],
    ['uid=#0401,dc=x', 'uid=#0401,dc=x'],
  ])('has a readable label: %s', (dn, text) => {
    expect(raw({}, dn).dn).toBe(text);
  });

  it('has another digest if a value moves to another attribute, or is split elsewhere', () => {
    const variants: Values[] = [
      { a: ['x', 'y'] },
      { a: ['xy'] },
      { a: ['x'], b: ['y'] },
      { a: ['x\x001\x00y'] },
      { a: ['x\ny'] },
      { a: ['x'], y: [] },
    ];
    expect(new Set(variants.map((values) => raw(values).digest)).size).toBe(variants.length);
    expect(raw({ a: 'x' }).digest).not.toBe(raw({ a: 'x' }, 'uid=eve,dc=example,dc=org').digest);
  });

  it('reports the rest of a long attribute that the server held back, and adds it', () => {
    const first = raw({ uid: 'anna', 'mail;range=0-1': ['a@example.org', 'b@example.org'] });
    expect(first.missing).toEqual(['mail;range=2-*']);
    const merged = joined(first, raw({ 'mail;range=2-*': 'c@example.org' }));
    expect(merged.missing).toEqual([]);
    expect(merged.digest).not.toBe(first.digest);
    expect(read(merged, rulesOf(usual)).person?.threepids).toHaveLength(3);
  });
});

describe('the text by which people are searched', () => {
  const search = { name: ['displayName', '{givenName} {sn}', 'cn'], attributes: ['givenName', 'mail', 'department'] };
  const textOf = (values: Values) => reading({ uid: 'anna', ...values }, { search }).person?.searchText;

  it('is not stored without the search', () => {
    expect(reading({ uid: 'anna', displayName: 'Anna' }).person).toEqual({ mxid: '@anna:example.org', threepids: [] });
    expect(rulesOf(usual).requested).not.toContain('displayName');
    expect(rulesOf({ ...usual, search }).requested).toEqual(
      expect.arrayContaining(['displayName', 'givenName', 'sn', 'cn', 'mail', 'department']),
    );
  });

  it.each<[Values, string | undefined]>([
    [{ displayName: 'Anna Müller', givenName: 'Anna', sn: 'Müller' }, 'Anna Müller'],
    [{ 'displayName;lang-de': 'Anna Müller' }, 'Anna Müller'],
    [{ givenName: 'Anna', sn: 'Meier', cn: 'am' }, 'Anna Meier'],
    [{ givenName: 'Anna', cn: 'am' }, 'am'],
    [{ displayName: 'two\nlines', cn: 'am' }, 'am'],
    [{ displayName: Buffer.from([0x61, 0xff]), cn: 'am' }, 'am'],
    [{ displayName: 'x'.repeat(300), cn: 'am' }, 'am'],
    [{ sn: 'Meier' }, undefined],
  ])('has a name made from %j', (values, name) => {
    expect(textOf(values)?.name).toBe(name);
  });

  it('contains all values of the attributes, but only the local part of addresses', () => {
    const values = {
      givenName: ['Anna', 'Anne'],
      mail: ['anna.meier@example.org', 'am@example.org'],
      department: 'IT',
    };
    expect(textOf(values)?.keywords).toEqual(['Anna', 'Anne', 'anna.meier', 'am', 'IT']);
  });

  it('is parsed again only if the mapping rules change', () => {
    const versions = [usual, { ...usual, search }, { ...usual, search: { ...search, attributes: [] } }].map(
      (rules) => rulesOf(rules).rulesVersion,
    );
    expect(new Set(versions).size).toBe(3);
    expect(rulesOf({ ...usual, search: undefined }).rulesVersion).toBe(versions[0]);
  });

  it.each([['{givenName'], ['given name'], ['{given name}']])('cannot have the name template %s', (name) => {
    expect(() => rulesOf({ ...usual, search: { name: [name], attributes: [] } })).toThrow(
      /brace|not an attribute name/,
    );
  });
});
