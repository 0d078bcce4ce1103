import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LdapSource } from '../../../src/adapters/ldap/ldap-source.js';
import { email, msisdn, type Threepid } from '../../../src/domain/identifiers/threepid.js';
import { sourceOf } from '../../support/ldap.js';
import { entry, person, unit } from '../../support/ldif.js';
import { Slapd } from '../../support/slapd.js';

const NORTH = 'ou=north,dc=example,dc=org';
const SOUTH = 'ou=south,dc=example,dc=org';

const written = {
  plus: '+49 (0)221 555-1234',
  slash: '0221 / 666 12 34',
  zeros: '0049 221 7771234',
  bare: '492218881234',
  halle: '49 (0)345 279580',
  brackets: '(0221) 999-12-34',
};

const LDIF = [
  unit('people'),
  person('anna', { mail: ['Anna@Example.org', 'a.meier@example.org'], mobile: '+49 170 1234567' }),
  person('Bob.Jones', { mail: 'bob@example.org', telephoneNumber: '0170 7654321' }),
  person('star', { mail: '*@example.org' }),
  person('gross', { mail: 'J.Gross@Example.org', 'mail;lang-de': 'juergen.gross@example.org' }),
  person('two', { uid: ['two', 'zwei'], mail: 'two@example.org' }),
  person('10452', { mail: 'number@example.org' }),
  person('eve', { mail: 'office@example.org' }),
  person('adam', { mail: ['office@example.org', 'adam@example.org'] }),
  ...Object.entries(written).map(([uid, telephoneNumber]) => person(uid, { telephoneNumber })),
  person('fitz', { telephoneNumber: '02966 15-123456' }),
  person('extension', { telephoneNumber: '+49 221 5551234 ext. 7' }),
  person('sharp', { description: 'Strauß@example.org' }),
  person('double', { description: 'gross@example.org' }),
  person('books', { mail: 'info@xn--bcher-kva.example' }),
  person('libri', { description: 'info@libr\u00f6.example' }),
  unit('north'),
  unit('south'),
  person('edison', { mail: 'edison@north.example.org' }, NORTH),
  person('edison', { mail: 'edison@south.example.org' }, SOUTH),
  person('grace', { description: '@Grace:example.net', mail: 'grace@north.example.org' }, NORTH),
  person('grace', { description: '@grace:Example.net', mail: 'grace@south.example.org' }, SOUTH),
  person('noether', { mail: 'noether@example.org', mobile: '+49 170 1111111' }, NORTH),
  person('noether', { mobile: '+49 170 2222222' }, SOUTH),
  person('planck', { mail: 'planck@example.org', mobile: '+49 170 3333333' }, NORTH),
  person('planck', { mobile: '0170 3333333' }, SOUTH),
  person('Gauss', { mail: 'gauss@north.example.org' }, NORTH),
  person('gauss', { mail: 'gauss@south.example.org' }, SOUTH),
  person('curie', { mail: 'curie@example.org' }, NORTH),
  person('CURIE', { mail: ['curie@example.org', 'marie@example.org'] }, SOUTH),
  entry('cn=sales,ou=people,dc=example,dc=org', {
    objectClass: ['device', 'extensibleObject'],
    cn: 'sales',
    uid: 'sales',
    mail: 'sales@example.org',
  }),
].join('');

describe('a live lookup', () => {
  let slapd: Slapd;
  let source: LdapSource;
  beforeAll(async () => {
    slapd = await Slapd.start({ ldif: LDIF });
    source = sourceOf(slapd, { bases: ['dc=example,dc=org'] });
  });
  afterAll(async () => {
    await source.close();
    await slapd.stop();
  });

  const ownerOf = async (threepid: Threepid) => (await source.find([threepid]))[0];

  it.each([
    ['mail', 'info@b\u00fccher.example', '@books:example.org'],
    ['mail', 'info@xn--bcher-kva.example', '@books:example.org'],
    ['description', 'info@xn--libr-8qa.example', '@libri:example.org'],
    ['description', 'info@libr\u00f6.example', '@libri:example.org'],
  ])('finds a domain in %s both in Unicode and in punycode: %s', async (attribute, address, mxid) => {
    const other = sourceOf(slapd, { attributes: { email: [attribute] } });
    const asked = [email(address), email('nobody@example.org')];
    expect(await other.find(asked)).toEqual([{ threepid: asked[0], mxid }]);
    await other.close();
  });

  it.each([
    ['in the spelling of the entry', 'Strauß@example.org', '@sharp:example.org'],
    ['in another case', 'strauß@example.org', '@sharp:example.org'],
    ['in its folded form', 'groß@example.org', '@double:example.org'],
  ])('finds an address that folds to another one, %s', async (_how, address, mxid) => {
    const other = sourceOf(slapd, { attributes: { email: ['description'] } });
    expect(await other.find([email(address)])).toMatchObject([{ mxid }]);
    await other.close();
  });

  it.each([
    ['anna@example.org', '@anna:example.org'],
    ['a.meier@example.org', '@anna:example.org'],
    ['bob@example.org', '@bob.jones:example.org'],
    ['*@example.org', '@star:example.org'],
    ['juergen.gross@example.org', '@gross:example.org'],
    ['j.gross@example.org', '@gross:example.org'],
  ])('finds %s', async (address, mxid) => {
    expect(await ownerOf(email(address))).toEqual({ threepid: email(address), mxid });
  });

  it.each([
    ['plus', '492215551234'],
    ['slash', '492216661234'],
    ['zeros', '492217771234'],
    ['bare', '492218881234'],
    ['halle', '49345279580'],
    ['brackets', '492219991234'],
    ['anna', '491701234567'],
  ])('finds the number of %s in each notation', async (uid, digits) => {
    expect(await ownerOf(msisdn(digits))).toEqual({ threepid: msisdn(digits), mxid: `@${uid}:example.org` });
  });

  it('finds a number that is dialled with other digits in its country than from abroad', async () => {
    const argentine = sourceOf(slapd, { phoneRegion: 'AR', bases: ['dc=example,dc=org'] });
    const threepid = msisdn('5492966123456');
    expect(await argentine.find([threepid])).toEqual([{ threepid, mxid: '@fitz:example.org' }]);
    await argentine.close();
  });

  it.each([
    ['an unknown address', 'nobody@example.org'],
    ['an address whose entry has two user names', 'two@example.org'],
    ['an address whose user name is a number', 'number@example.org'],
    ['a wildcard', 'ann*@example.org'],
    ['an address of a group', 'sales@example.org'],
  ])('does not find %s', async (_case, address) => {
    expect(await ownerOf(email(address))).toBeUndefined();
  });

  it.each(['*', 'a)(uid=*', '*)(uid=*', 'anna@example.org\0', '\\2a', ''])(
    'escapes filter characters: %j',
    async (address) => {
      expect(await source.find([{ medium: 'email', address }])).toEqual([]);
      expect(await source.find([{ medium: 'msisdn', address }])).toEqual([]);
    },
  );

  it('finds nothing for another medium', async () => {
    expect(await source.find([{ medium: 'uid' as 'email', address: 'anna' }])).toEqual([]);
  });

  it('returns an ambiguous result for an address that two people share, with both their labels', async () => {
    const office = email('office@example.org');
    expect(await source.find([office, email('adam@example.org')])).toEqual([
      {
        threepid: office,
        claimants: ['uid=eve,ou=people,dc=example,dc=org', 'uid=adam,ou=people,dc=example,dc=org'],
      },
      { threepid: email('adam@example.org'), mxid: '@adam:example.org' },
    ]);
  });

  it.each(['edison@north.example.org', 'edison@south.example.org'])(
    'returns an ambiguous result for %s, because another person would get the same user ID',
    async (address) => {
      const finding = await ownerOf(email(address));
      expect(finding).toMatchObject({ threepid: email(address) });
      expect(finding && 'claimants' in finding && [...finding.claimants].sort()).toEqual([
        `uid=edison,${NORTH}`,
        `uid=edison,${SOUTH}`,
      ]);
    },
  );

  it('compares the numbers of people with the same user ID, although only an email address is looked up', async () => {
    expect(await ownerOf(email('noether@example.org'))).toMatchObject({ claimants: { length: 2 } });
    expect(await ownerOf(email('planck@example.org'))).toMatchObject({ mxid: '@planck:example.org' });
    expect(await source.find([email('noether@example.org'), msisdn('491703333333')])).toMatchObject([
      { claimants: { length: 2 } },
      { mxid: '@planck:example.org' },
    ]);
  });

  it('returns an ambiguous result if the user names of two people differ only in their case', async () => {
    expect(await ownerOf(email('gauss@south.example.org'))).toMatchObject({ claimants: { length: 2 } });
  });

  it('resolves a person who is listed twice with the same address', async () => {
    expect(await ownerOf(email('marie@example.org'))).toMatchObject({ mxid: '@curie:example.org' });
  });

  it('searches several bases, which may overlap', async () => {
    const nested = sourceOf(slapd, { bases: [NORTH, 'ou=people,dc=example,dc=org', 'dc=example,dc=org'] });
    expect(await nested.find([email('anna@example.org'), email('marie@example.org')])).toEqual([
      { threepid: email('anna@example.org'), mxid: '@anna:example.org' },
      { threepid: email('marie@example.org'), mxid: '@curie:example.org' },
    ]);
    expect(await nested.find([email('edison@south.example.org')])).toMatchObject([{ claimants: { length: 2 } }]);
    await nested.close();
  });

  it.each([
    ['{mail|before-at}', 'bob@example.org', '@bob:example.org'],
    ['{mail|before-at}', 'edison@north.example.org', undefined],
    ['{uid}.{sn}', 'edison@north.example.org', undefined],
    ['{sn}.{mail|before-at}', 'bob@example.org', '@bob.jones.bob:example.org'],
    ['{uid|default-domain:example.org}', 'edison@north.example.org', undefined],
    ['{l}', 'bob@example.org', undefined],
  ])(
    'notices with the template %s whether another person would get the user ID of %s',
    async (localpart, address, mxid) => {
      const named = sourceOf(slapd, { bases: ['dc=example,dc=org'], localpart });
      const [finding] = await named.find([email(address)]);
      expect(finding && 'mxid' in finding ? finding.mxid : undefined).toBe(mxid);
      await named.close();
    },
  );

  it('accepts complete user IDs in the directory, also of a person with two entries', async () => {
    const reference = sourceOf(slapd, {
      homeserver: undefined,
      attributes: { user: 'description' },
      bases: ['dc=example,dc=org'],
    });
    expect(await reference.find([email('grace@north.example.org'), email('grace@south.example.org')])).toEqual([
      { threepid: email('grace@north.example.org'), mxid: '@grace:example.net' },
      { threepid: email('grace@south.example.org'), mxid: '@grace:example.net' },
    ]);
    await reference.close();
  });

  it('notices a person with the same user ID among hundreds of addresses, in whatever order they are sent', async () => {
    const strangers = Array.from({ length: 450 }, (_, index) => email(`stranger${index}@example.org`));
    const [north, south] = [email('edison@north.example.org'), email('edison@south.example.org')];
    const anna = { threepid: email('anna@example.org'), mxid: '@anna:example.org' };
    const ambiguous = (threepid: Threepid) => expect.objectContaining({ threepid, claimants: expect.anything() });
    expect(await source.find([anna.threepid, ...strangers, north])).toEqual([anna, ambiguous(north)]);
    expect(await source.find([north, ...strangers, anna.threepid, south])).toEqual([
      ambiguous(north),
      anna,
      ambiguous(south),
    ]);
  });

  it('finds hundreds of addresses at once', async () => {
    const strangers = Array.from({ length: 450 }, (_, index) => email(`stranger${index}@example.org`));
    const asked = [...strangers, email('anna@example.org'), msisdn('492215551234')];
    expect(await source.find(asked)).toEqual([
      { threepid: email('anna@example.org'), mxid: '@anna:example.org' },
      { threepid: msisdn('492215551234'), mxid: '@plus:example.org' },
    ]);
  });
});
