import ldap, { type Filter } from 'ldapjs';
import { describe, expect, it } from 'vitest';
import { isAttributeDescription, parseFilter } from '../../../src/adapters/ldap/protocol/filter-parser.js';

/** The filter as it is sent. */
const bytes = (filter: Filter) => (filter as unknown as { toBer(): { buffer: Buffer } }).toBer().buffer.toString('hex');

const is = (attribute: string, value: string | Buffer) =>
  new ldap.EqualityFilter({ attribute, value: Buffer.from(value) });
const like = (attribute: string, initial: string, any: string[], final: string) =>
  new ldap.SubstringFilter({ attribute, initial, any, final });

describe('a search filter', () => {
  // The first ones are the examples of RFC 4515, section 4.
  it.each<[string, Filter]>([
    ['(cn=Babs Jensen)', is('cn', 'Babs Jensen')],
    ['(!(cn=Tim Howes))', new ldap.NotFilter({ filter: is('cn', 'Tim Howes') })],
    [
      '(&(objectClass=Person)(|(sn=Jensen)(cn=Babs J*)))',
      new ldap.AndFilter({
        filters: [
          is('objectClass', 'Person'),
          new ldap.OrFilter({ filters: [is('sn', 'Jensen'), like('cn', 'Babs J', [], '')] }),
        ],
      }),
    ],
    ['(o=univ*of*mich*)', like('o', 'univ', ['of', 'mich'], '')],
    ['(seeAlso=)', is('seeAlso', '')],
    [
      '(cn:caseExactMatch:=Fred Flintstone)',
      extensible({ matchType: 'cn', rule: 'caseExactMatch', value: 'Fred Flintstone' }),
    ],
    ['(cn:=Betty Rubble)', extensible({ matchType: 'cn', value: 'Betty Rubble' })],
    [
      '(sn:dn:2.4.6.8.10:=Barney Rubble)',
      extensible({ matchType: 'sn', rule: '2.4.6.8.10', value: 'Barney Rubble', dnAttributes: true }),
    ],
    ['(o:dn:=Ace Industry)', extensible({ matchType: 'o', value: 'Ace Industry', dnAttributes: true })],
    ['(:1.2.3:=Wilma Flintstone)', extensible({ rule: '1.2.3', value: 'Wilma Flintstone' })],
    ['(:DN:2.4.6.8.10:=Dino)', extensible({ rule: '2.4.6.8.10', value: 'Dino', dnAttributes: true })],
    [
      '(o=Parens R Us \\28for all your parenthetical needs\\29)',
      is('o', 'Parens R Us (for all your parenthetical needs)'),
    ],
    ['(cn=*\\2A*)', like('cn', '', ['*'], '')],
    ['(filename=C:\\5cMyFile)', is('filename', 'C:\\MyFile')],
    ['(bin=\\00\\00\\00\\04)', is('bin', Buffer.from([0, 0, 0, 4]))],
    ['(sn=Lu\\c4\\8di\\c4\\87)', is('sn', 'Lučić')],
    ['(1.3.6.1.4.1.1466.0=\\04\\02\\48\\69)', is('1.3.6.1.4.1.1466.0', Buffer.from([4, 2, 0x48, 0x69]))],

    ['(cn=*)', new ldap.PresenceFilter({ attribute: 'cn' })],
    ['(cn=**)', new ldap.PresenceFilter({ attribute: 'cn' })],
    ['(cn=a**b)', like('cn', 'a', [], 'b')],
    ['(cn=*b)', like('cn', '', [], 'b')],
    ['(sn=Grün*stoß)', like('sn', 'Grün', [], 'stoß')],
    ['(uid>=m)', new ldap.GreaterThanEqualsFilter({ attribute: 'uid', value: 'm' })],
    ['(uid<=m)', new ldap.LessThanEqualsFilter({ attribute: 'uid', value: 'm' })],
    ['(sn~=Müller)', new ldap.ApproximateFilter({ attribute: 'sn', value: 'Müller' })],
    ['(cn;lang-de=Jürgen)', is('cn;lang-de', 'Jürgen')],
    ['(msDS-User=1)', is('msDS-User', '1')],
    ['(&)', new ldap.AndFilter({ filters: [] })],
    ['(|)', new ldap.OrFilter({ filters: [] })],
    ['cn=Babs', is('cn', 'Babs')],
    ['(cn=a=b>=c:d)', is('cn', 'a=b>=c:d')],
    ['(cn=\\(a\\)\\*\\\\)', is('cn', '(a)*\\')],
    ['(cn= a )', is('cn', ' a ')],
    ['\n( &\n  (cn=a)\n  ( sn=b)\n)\n', new ldap.AndFilter({ filters: [is('cn', 'a'), is('sn', 'b')] })],
  ])('is parsed: %s', (text, filter) => {
    expect(bytes(parseFilter(text))).toBe(bytes(filter));
  });

  it.each([
    ['', 'at its end: attribute name expected'],
    ['(cn=a', 'at its end: ")"'],
    ['(cn=a))', 'at position 7, before ")": end of the filter expected'],
    ['(cn=a)(sn=b)', 'at position 7, before "(sn=b)"'],
    ['(=a)', 'at position 2, before "=a)": attribute name expected'],
    ['(cn)', 'at position 4, before ")": "="'],
    ['(c n=a)', 'at position 3'],
    ['(cn=a(b)', 'at position 6, before "(b)": "(" must be written \\28'],
    ['(cn=a\\zz)', 'at position 6, before "\\\\zz)": a backslash'],
    ['(cn=a\\2)', 'at position 6'],
    ['(cn=a\0)', 'NUL must be written \\00'],
    ['(!(cn=a)(cn=b))', '"!" negates exactly one filter'],
    ['(!)', '"!" negates exactly one filter'],
    ['(&(cn=a)', 'at its end: ")"'],
    ['(&cn=a)', 'at position 3, before "cn=a)": ")"'],
    ['(uid>=a*)', '"*" is not allowed'],
    ['(cn:caseExactMatch:=a*)', '"*" is not allowed'],
    ['(:=a)', 'matching rule expected'],
    ['(cn=a\\ff*)', 'not UTF-8'],
    ['(büro=a)', 'at position 3, before "üro=a)": "="'],
  ])('is refused with the position: %j', (text, problem) => {
    expect(() => parseFilter(text)).toThrow(problem);
  });
});

it.each([
  ['mail', true],
  ['cn;lang-de;x-y', true],
  ['2.5.4.3', true],
  ['userCertificate;binary', true],
  ['', false],
  ['1mail', false],
  ['mail)(uid=*', false],
  ['mail;', false],
  ['m ail', false],
  ['größe', false],
])('checks whether %j is an attribute description', (text, is) => {
  expect(isAttributeDescription(text)).toBe(is);
});

function extensible(options: ConstructorParameters<typeof ldap.ExtensibleFilter>[0]): Filter {
  return new ldap.ExtensibleFilter(options);
}
