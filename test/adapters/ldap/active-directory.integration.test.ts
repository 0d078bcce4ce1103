import ldap from 'ldapjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LdapOptions } from '../../../src/adapters/ldap/options.js';
import { ldapSource, type LdapSource } from '../../../src/adapters/ldap/ldap-source.js';
import { email, msisdn } from '../../../src/domain/identifiers/threepid.js';
import { RecordingTelemetry } from '../../support/fakes.js';
import { listed, sourceOf } from '../../support/ldap.js';
import { entry, unit } from '../../support/ldif.js';
import { Slapd } from '../../support/slapd.js';

const ROOT = 'dc=example,dc=org';
const OID = '1.3.6.1.4.1.55555';
const TEXT = 'EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15';

/** The parts of Active Directory's schema that the preset needs. */
const schema = [
  `attributetype ( ${OID}.1 NAME 'sAMAccountName' ${TEXT} SINGLE-VALUE )`,
  `attributetype ( ${OID}.2 NAME 'proxyAddresses' ${TEXT} )`,
  `attributetype ( ${OID}.3 NAME 'objectCategory' ${TEXT} )`,
  `attributetype ( ${OID}.4 NAME 'userAccountControl' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 )`,
  `attributetype ( ${OID}.5 NAME 'objectGUID' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )`,
  `attributetype ( ${OID}.7 NAME 'accountExpires' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 )`,
  `attributetype ( ${OID}.6 NAME 'userPrincipalName' ${TEXT} )`,
  ...['user', 'computer', 'group', 'contact', 'msDS-GroupManagedServiceAccount', 'msDS-ManagedServiceAccount'].map(
    (name, index) => `objectclass ( ${OID}.${index + 10} NAME '${name}' SUP top AUXILIARY )`,
  ),
];

let guids = 0;

function account(cn: string, attributes: Record<string, string | string[]>): string {
  const { objectClass = 'user', ...rest } = attributes;
  const guid = Buffer.from(`${++guids}`.padStart(16, '\x01'));
  return (
    entry(`cn=${cn},ou=people,${ROOT}`, {
      objectClass: ['device', 'extensibleObject', ...[objectClass].flat()],
      cn,
      sAMAccountName: cn,
      objectCategory: 'person',
      userAccountControl: '512',
      mail: `${cn}@example.org`,
      ...rest,
    }).trimEnd() + `\nobjectGUID:: ${guid.toString('base64')}\n\n`
  );
}

const LDIF = [
  unit('people'),
  account('Anna', {
    proxyAddresses: [
      'SMTP:Anna.Meier@Example.org',
      'smtp:anna.old@example.org',
      'X500:/o=Example/cn=anna',
      'SIP:anna@sip.example.org',
    ],
    mobile: '0221 5551234',
    userPrincipalName: 'anna.meier@example.org',
  }),
  account('gone', { userAccountControl: '514' }),
  account('sales', { objectClass: 'group', objectCategory: 'group' }),
  account('partner', { objectClass: 'contact' }),
  account('PC12$', { objectClass: ['user', 'computer'], objectCategory: 'computer' }),
  account('svc$', { objectClass: ['user', 'computer', 'msDS-GroupManagedServiceAccount'], objectCategory: 'other' }),
  account('old-svc$', { objectClass: ['user', 'msDS-ManagedServiceAccount'] }),
  account('other$', { userAccountControl: '2080' }),
].join('');

const options: Partial<LdapOptions> = { preset: 'activeDirectory', bases: [ROOT] };

describe('the preset for Active Directory', () => {
  let slapd: Slapd;
  let source: LdapSource;
  beforeAll(async () => {
    slapd = await Slapd.start({ ldif: LDIF, global: schema });
    source = sourceOf(slapd, options);
  });
  afterAll(async () => {
    await source.close();
    await slapd.stop();
  });

  it('lists people, but no disabled people, groups, contacts, computers or service accounts', async () => {
    const entries = await listed(source);
    expect(entries.map((listedEntry) => listedEntry.parse().person)).toEqual([
      {
        mxid: '@anna:example.org',
        threepids: [
          email('anna@example.org'),
          email('anna.meier@example.org'),
          email('anna.old@example.org'),
          msisdn('492215551234'),
        ],
      },
    ]);
  });

  it('uses the bytes of objectGUID as the id, in hexadecimal', async () => {
    const [anna] = await listed(source);
    expect(anna?.id).toBe(Buffer.from('1'.padStart(16, '\x01')).toString('hex'));
  });

  it.each(['sales', 'partner', 'pc12$', 'svc$', 'old-svc$', 'other$', 'gone'])(
    'does not find the address of %s',
    async (name) => {
      expect(await source.find([email(`${name}@example.org`)])).toEqual([]);
    },
  );

  it.each(['anna@example.org', 'anna.meier@example.org', 'anna.old@example.org'])('finds %s', async (address) => {
    expect(await source.find([email(address)])).toEqual([{ threepid: email(address), mxid: '@anna:example.org' }]);
  });

  it.each(['anna@sip.example.org', 'x500:/o=example/cn=anna'])('finds no one by %s', async (address) => {
    expect(await source.find([{ medium: 'email', address }])).toEqual([]);
  });

  it.each([
    ['{userPrincipalName|before-at}', '@anna.meier:example.org'],
    ['{userPrincipalName|default-domain:example.org}', '@anna.meier:example.org'],
    ['{userPrincipalName|default-domain:other.example}', '@anna.meier/example.org:example.org'],
    ['u{sAMAccountName}', '@uanna:example.org'],
  ])('derives user IDs from %s', async (localpart, mxid) => {
    const named = sourceOf(slapd, { ...options, localpart });
    expect(await named.find([email('anna@example.org')])).toMatchObject([{ mxid }]);
    await named.close();
  });
});

interface Response {
  createSearchEntry(entry: object): unknown;
  send(entry: unknown): void;
  end(): void;
}

describe('a server that returns long attributes in ranges and does not support paging', () => {
  const addresses = Array.from({ length: 7 }, (_, index) => `smtp:anna${index}@example.org`);
  const server = ldap.createServer();
  const asked: string[] = [];
  let source: LdapSource;
  beforeAll(async () => {
    server.bind('', (_request: unknown, response: { end(): void }, next: () => void) => {
      response.end();
      next();
    });
    server.search(ROOT, (request: { attributes: string[] }, response: Response) => {
      const ranged = request.attributes.find((name) => /^proxyaddresses;range=/i.test(name));
      const first = Number(/range=(\d+)/i.exec(ranged ?? '')?.[1] ?? 0);
      const part = addresses.slice(first, first + 3);
      const last = first + part.length < addresses.length ? first + part.length - 1 : '*';
      asked.push(ranged ?? '');
      const attributes = [
        { type: 'sAMAccountName', values: ['anna'] },
        { type: 'objectGUID', values: [Buffer.alloc(16, 0xc3)] },
        // Active Directory also sends the attribute by its plain name, and empty.
        { type: 'proxyAddresses', values: [] },
        { type: `proxyAddresses;range=${first}-${last}`, values: part },
      ];
      response.send(response.createSearchEntry({ objectName: `cn=Anna,${ROOT}`, attributes }));
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    source = ldapSource(
      {
        name: 'ad',
        urls: [server.url],
        preset: 'activeDirectory',
        filter: '(objectClass=*)',
        bases: [ROOT],
        homeserver: 'example.org',
        timeLimitMs: 10_000,
        connections: 1,
        pageSize: 1_000,
      },
      new RecordingTelemetry(),
    );
  });
  afterAll(async () => {
    await source.close();
    await new Promise<void>((resolve) => server.close(resolve));
  });

  it('is listed with all values', async () => {
    const [anna, ...others] = await listed(source);
    expect(others).toEqual([]);
    expect(anna?.parse().person?.threepids).toHaveLength(7);
    expect(asked).toEqual(['', '', 'proxyAddresses;range=3-*', 'proxyAddresses;range=6-*']);
  });

  it('finds an entry by its last value', async () => {
    expect(await source.find([email('anna6@example.org')])).toMatchObject([{ mxid: '@anna:example.org' }]);
  });
});
