import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LdapOptions } from '../../../src/adapters/ldap/options.js';
import type { LdapSource } from '../../../src/adapters/ldap/ldap-source.js';
import { HAS_ONLY_ALIASES } from '../../../src/adapters/ldap/sync/full-listing.js';
import { ownersIn } from '../../../src/domain/lookup/owners.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { listed, sourceOf } from '../../support/ldap.js';
import { entry, person, unit } from '../../support/ldif.js';
import { Slapd } from '../../support/slapd.js';

const ROOT = 'dc=example,dc=org';
const PEOPLE = `ou=people,${ROOT}`;
const alias = (name: string, target: string, below: string) =>
  entry(`cn=${name},${below}`, {
    objectClass: ['alias', 'extensibleObject'],
    cn: name,
    uid: name,
    aliasedObjectName: target,
  });

const LDIF = [
  unit('people'),
  unit('team'),
  unit('embassy'),
  person('anna', { mail: 'anna@example.org', employeeType: 'minister' }),
  person('bob', { mail: 'info@xn--bcher-kva.example' }),
  person('straus', { mail: 'strauss@example.org' }),
  person('kim', { mail: 'kim@example.org' }),
  person('kim', { mail: 'kim@team.example.org', employeeType: 'envoy' }, `ou=embassy,${ROOT}`),
  entry(`cn=office,${PEOPLE}`, {
    objectClass: 'inetOrgPerson',
    cn: 'office',
    sn: 'office',
    mail: 'office@example.org',
  }),
  // Further entries of the same user: for logins, for a telephone, and as an alias.
  entry(`cn=bob,${PEOPLE}`, { objectClass: ['account', 'extensibleObject'], uid: 'bob', cn: 'bob' }),
  entry(`cn=bob 2,${PEOPLE}`, {
    objectClass: 'inetOrgPerson',
    uid: 'bob',
    cn: 'bob 2',
    sn: 'b',
    mobile: '0170 1234567',
  }),
  alias('bob', `uid=bob,${PEOPLE}`, `ou=team,${ROOT}`),
  alias('bob-elsewhere', `uid=bob,${PEOPLE}`, PEOPLE),
].join('');

let slapd: Slapd;
const opened: LdapSource[] = [];
beforeAll(async () => {
  slapd = await Slapd.start({ ldif: LDIF });
});
afterAll(async () => {
  for (const source of opened) await source.close();
  await slapd.stop();
});

function open(options: Partial<LdapOptions> = {}): LdapSource {
  const source = sourceOf(slapd, { filter: '(|(uid=*)(mail=*))', ...options });
  opened.push(source);
  return source;
}

const [anna, books, office] = [
  email('anna@example.org'),
  email('info@xn--bcher-kva.example'),
  email('office@example.org'),
];

describe('unlisted people of a directory', () => {
  const options = { unlisted: '(employeeType=minister)' };

  it('are listed as such, and all others as before', async () => {
    const people = (await listed(open(options))).flatMap((shown) => shown.parse().person ?? []);
    expect(people.find(({ mxid }) => mxid === '@anna:example.org')).toMatchObject({ isUnlisted: true });
    expect(people.filter(({ isUnlisted }) => isUnlisted)).toHaveLength(1);
    expect(people).toHaveLength((await listed(open())).flatMap((shown) => shown.parse().person ?? []).length);
  });

  it('are not found and keep their addresses', async () => {
    const source = open(options);
    expect(await source.find([anna])).toEqual([
      { threepid: anna, claimants: [`uid=anna,${PEOPLE} (unlisted)`], owner: '@anna:example.org' },
    ]);
    expect(await ownersIn(source, [anna])).toEqual([{ threepid: anna, mxid: '@anna:example.org' }]);
    expect(await open().find([anna])).toEqual([{ threepid: anna, mxid: '@anna:example.org' }]);
  });

  it('keep their user IDs from listed people who would get them, too', async () => {
    const source = open({ unlisted: '(employeeType=envoy)', bases: [ROOT] });
    const unlistedAddresses = [email('kim@example.org'), email('kim@team.example.org')];
    const two = { claimants: [`uid=kim,ou=embassy,${ROOT}`, `uid=kim,${PEOPLE}`] };
    const found = (await source.find([...unlistedAddresses, books])).map((finding) =>
      'claimants' in finding ? { ...finding, claimants: [...finding.claimants].sort() } : finding,
    );
    expect(found).toEqual([
      { threepid: unlistedAddresses[0], ...two },
      { threepid: unlistedAddresses[1], ...two },
      { threepid: books, mxid: '@bob:example.org' },
    ]);
  });

  it('are noticed by an incremental sync when they become unlisted or listed', async () => {
    const source = open(options);
    const digests = new Map<string, string>();
    let syncCursor = '';
    for await (const { entries } of source.list((made) => (syncCursor = made)))
      for (const { id, digest } of entries) digests.set(id, digest);
    const change = (uid: string, type: string) =>
      slapd.modify(`dn: uid=${uid},${PEOPLE}\nchangetype: modify\nreplace: employeeType\nemployeeType: ${type}\n`);
    await change('anna', 'retired');
    await change('straus', 'minister');
    const { present = [], gone = [] } = (await source.changes(syncCursor, undefined, async () => digests)) ?? {};
    const people = present.flatMap(({ entries }) => entries.flatMap((shown) => shown.parse().person ?? []));
    const marks = new Map(people.map(({ mxid, isUnlisted = false }) => [mxid as string, isUnlisted]));
    expect([marks.get('@anna:example.org'), marks.get('@straus:example.org')]).toEqual([false, true]);
    expect(gone.filter((id) => digests.has(id))).toEqual([]);
    await change('anna', 'minister');
    await change('straus', 'staff');
  });

  it('keep their addresses from others even if their entry has no user name', async () => {
    const source = open();
    expect(await source.find([office])).toEqual([]);
    expect(await ownersIn(source, [office])).toEqual([{ threepid: office, claimants: [`cn=office,${PEOPLE}`] }]);
  });
});

describe('several entries with one user name', () => {
  it('that do not contradict each other belong to one person, who is found', async () => {
    expect(await open().find([books])).toEqual([{ threepid: books, mxid: '@bob:example.org' }]);
  });

  it('do not include aliases, which have no user', async () => {
    const labels = (await listed(open())).map(({ label }) => label);
    expect(labels.filter((label) => label.includes('elsewhere'))).toEqual([]);
  });

  it('that are aliases are reported if a base has nothing else, and are followed if configured', async () => {
    const team = { bases: [`ou=team,${ROOT}`], filter: '(objectClass=inetOrgPerson)' };
    const warnings: unknown[] = [];
    for await (const { warning } of open(team).list()) if (warning !== undefined) warnings.push(warning);
    expect(warnings).toEqual([HAS_ONLY_ALIASES]);
    const followed = await listed(open({ ...team, aliases: 'follow' }));
    expect(followed.map((shown) => shown.parse().person?.mxid)).toEqual(['@bob:example.org']);
  });
});
