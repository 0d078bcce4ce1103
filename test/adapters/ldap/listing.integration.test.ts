import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LdapOptions } from '../../../src/adapters/ldap/options.js';
import { RecordingTelemetry } from '../../support/fakes.js';
import { listed, sourceOf } from '../../support/ldap.js';
import { entry, person, unit } from '../../support/ldif.js';
import { Slapd } from '../../support/slapd.js';

const ROOT = 'dc=example,dc=org';
const PEOPLE = `ou=people,${ROOT}`;
const OFFICE = `ou=Büro,${ROOT}`;
const ODD = `ou=R\\+D\\, Süd \\\\ Ost,${ROOT}`;
const READER = `cn=Jürgen Groß,${OFFICE}`;

const LDIF = [
  unit('people'),
  ...Array.from({ length: 120 }, (_, index) =>
    person(`user${index}`, { mail: `user${index}@example.org`, userPassword: 'pass' }),
  ),
  unit('Büro'),
  entry(READER, { objectClass: 'person', cn: 'Jürgen Groß', sn: 'Groß', userPassword: 'pass' }),
  person('jürgen', { sn: 'Groß', cn: 'Jürgen', ou: 'Büro', mail: 'juergen@example.org' }, OFFICE),
  person('uschi', { sn: 'Grünstoß', cn: 'Uschi (Chefin)', mail: 'uschi@example.org' }, OFFICE),
  entry(ODD, { objectClass: 'organizationalUnit', ou: 'R+D, Süd \\ Ost' }),
  person('odd', { sn: 'Odd', cn: 'a*b' }, ODD),
  unit('empty'),
].join('');

describe('a listing', () => {
  let slapd: Slapd;
  beforeAll(async () => {
    slapd = await Slapd.start({
      ldif: LDIF,
      database: [
        'access to attrs=userPassword by anonymous auth',
        'access to * by users read',
        `limits dn.exact="${READER}" size.soft=40 size.hard=40 size.prtotal=unlimited`,
        `limits dn.exact="uid=user0,${PEOPLE}" size.soft=40 size.hard=40`,
        `limits dn.exact="uid=user1,${PEOPLE}" size.pr=10 size.prtotal=unlimited`,
        `limits dn.exact="uid=user2,${PEOPLE}" size.unchecked=5`,
      ],
    });
  });
  afterAll(() => slapd.stop());

  async function list(options: Partial<LdapOptions>) {
    const recorded = new RecordingTelemetry();
    const source = sourceOf(slapd, options, recorded);
    const entries = await listed(source);
    await source.close();
    return { entries, recorded, labels: entries.map(({ label }) => label) };
  }

  it.each(['\\c3', '\\e2', 'a\\e2\\82', '\\5c'])('accepts a filter with the bytes %s', async (bytes) => {
    const { entries } = await list({ filter: `(|(uid=user7)(userPassword=${bytes}))` });
    expect(entries).toHaveLength(1);
  });

  it('reads more entries than the size limit of the server', async () => {
    const { entries } = await list({ bindDn: READER, password: 'pass', pageSize: 25 });
    expect(entries).toHaveLength(120);
    expect(new Set(entries.map(({ id }) => id)).size).toBe(120);
  });

  it('fails if the server stops before the end, instead of returning a part', async () => {
    const few = { bindDn: `uid=user0,${PEOPLE}`, password: 'pass', pageSize: 25 };
    await expect(list(few)).rejects.toThrow(/size limit exceeded .* after 40 entries; .*size=unlimited/);
  });

  it.each([
    ['user1', /after 0 entries, "illegal pagedResults page size"; set `pageSize` .*size\.pr/],
    ['user2', /admin limit exceeded .* after 0 entries; .*size\.unchecked/],
  ])('fails at a size limit of %s, with a remedy in the error', async (uid, words) => {
    const limited = { bindDn: `uid=${uid},${PEOPLE}`, password: 'pass', pageSize: 25 };
    await expect(list(limited)).rejects.toThrow(words);
  });

  it('is complete if the page size is the maximum of the server', async () => {
    const { entries } = await list({ bindDn: `uid=user1,${PEOPLE}`, password: 'pass', pageSize: 10 });
    expect(entries).toHaveLength(120);
  });

  it('returns an entry below two bases once, in the first', async () => {
    const { entries } = await list({ bases: [OFFICE, ROOT] });
    const office = entries.filter(({ base }) => base === OFFICE);
    expect(office).toHaveLength(2);
    expect(entries).toHaveLength(123);
    expect(new Set(entries.map(({ id }) => id)).size).toBe(123);
  });

  it('returns every entry that has the same id, below one base or two', async () => {
    const { entries } = await list({ bases: [OFFICE, ROOT], attributes: { id: 'objectClass' } });
    expect([entries.length, new Set(entries.map(({ id }) => id)).size]).toEqual([123, 1]);
  });

  it('parses an entry only on request', async () => {
    const { entries } = await list({ bases: [OFFICE] });
    expect(entries[0]).toMatchObject({ label: `uid=jürgen,${OFFICE}`, id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(entries[0]?.parse()).toEqual({
      person: {
        mxid: '@j=c3=bcrgen:example.org',
        threepids: [{ medium: 'email', address: 'juergen@example.org' }],
      },
      skipped: [],
    });
  });

  it('uses the distinguished name as the id if there is no other, and warns', async () => {
    const { entries, recorded } = await list({ bases: [OFFICE], attributes: { id: 'employeeNumber' } });
    expect(entries.map(({ id }) => id)).toEqual([
      `uid=jürgen,${OFFICE.toLowerCase()}`,
      `uid=uschi,${OFFICE.toLowerCase()}`,
    ]);
    expect(recorded.all('entries have no permanent id; people are recognised by their distinguished name')).toEqual([
      { source: 'staff', entries: 2, looked: 'employeenumber' },
    ]);
  });

  it('gives entries the same digest until they, or the mapping rules, change', async () => {
    const digests = async (options: Partial<LdapOptions> = {}) =>
      new Map((await list({ bases: [OFFICE], ...options })).entries.map(({ label, digest }) => [label, digest]));
    const uschi = `uid=uschi,${OFFICE}`;
    const before = await digests();
    expect(await digests({ pageSize: 1, timeLimitMs: 1_000, connections: 1 })).toEqual(before);
    expect((await digests({ localpart: 'u{uid}' })).get(uschi)).not.toBe(before.get(uschi));
    expect((await digests({ homeserver: 'example.net' })).get(uschi)).not.toBe(before.get(uschi));
    expect((await digests({ phoneRegion: 'AT' })).get(uschi)).not.toBe(before.get(uschi));

    await slapd.modify(`dn: ${uschi}\nchangetype: modify\nadd: mail\nmail: ursula@example.org\n`);
    const after = await digests();
    expect(after.get(uschi)).not.toBe(before.get(uschi));
    expect(after.get(`uid=jürgen,${OFFICE}`)).toBe(before.get(`uid=jürgen,${OFFICE}`));
    await slapd.modify(`dn: ${uschi}\nchangetype: modify\ndelete: mail\nmail: ursula@example.org\n`);
    expect(await digests()).toEqual(before);
  });

  it('warns if the filter matches no entry although there are entries', async () => {
    const wrong = await list({ filter: '(objectClass=user)', bases: [PEOPLE, OFFICE] });
    expect(wrong.entries).toEqual([]);
    expect(wrong.recorded.all('the filter matches none of the entries below the base')).toEqual([
      { source: 'staff', base: PEOPLE },
      { source: 'staff', base: OFFICE },
    ]);
    const empty = await list({ bases: [`ou=empty,${ROOT}`] });
    expect(empty.recorded.lines).toMatchObject([
      {
        message: 'there are no entries below the base, or the bind account may not read them',
        facts: { base: `ou=empty,${ROOT}` },
      },
    ]);
  });

  // The expected number of entries is given, too: otherwise two empty results would be equal.
  it.each([
    ['an umlaut in an extensible match', '(&(objectClass=inetOrgPerson)(ou:dn:=Büro))', 2],
    ['an umlaut beside a wildcard', '(sn=Gr*oß)', 3],
    ['escaped bytes of a letter', '(sn=Gro\\c3\\9f)', 2],
    ['escaped bytes beside a wildcard', '(sn=Gr\\c3\\bc*)', 1],
    ['escaped parentheses', '(cn=Uschi \\28Chefin\\29)', 1],
    ['an escaped star', '(cn=a\\2ab)', 1],
    ['a backslash before a special character', '(cn=Uschi \\(Chefin\\))', 1],
    ['a filter of many lines', '(&\n  (objectClass=inetOrgPerson)\n  (|(sn=Groß)\n    (sn=Odd))\n)', 2],
    ['no parentheses', 'sn=Groß', 2],
    ['a name with options', '(sn;lang-de=*)', 0],
    ['presence', '(mail=*)', 122],
    ['absence', '(!(mail=*))', 7],
    ['a comparison', '(&(createTimestamp>=20000101000000Z)(!(createTimestamp<=20000101000000Z)))', 129],
    ['an approximate match', '(sn~=groß)', 2],
    ['a matching rule', '(sn:caseExactMatch:=Groß)', 2],
    ['a matching rule for any attribute', '(:caseExactMatch:=Groß)', 2],
    ['an empty value', '(sn=)', 0],
    ['many wildcards', '(mail=u*e*1*@example*)', 39],
    ['a filter that is always true', '(&)', 129],
    ['a filter that is never true', '(|)', 0],
    ['an unknown attribute', '(|(nonsense=x)(sn=Groß))', 2],
  ])('returns the same entries as ldapsearch: %s', async (_what, filter, count) => {
    const { labels } = await list({ bases: [ROOT], filter });
    expect(labels).toHaveLength(count);
    expect(await ldapsearch(slapd, ROOT, filter)).toBe(count);
  });

  it.each([OFFICE, ODD, `ou=B\\c3\\bcro, ${ROOT}`, OFFICE.toUpperCase()])('searches below %s', async (base) => {
    const { entries } = await list({ bases: [base] });
    expect(entries.length).toBe(await ldapsearch(slapd, base, '(objectClass=inetOrgPerson)'));
    expect(entries.length).toBeGreaterThan(0);
  });
});

async function ldapsearch(slapd: Slapd, base: string, filter: string): Promise<number> {
  const login = ['-x', '-H', slapd.url, '-D', slapd.adminDn, '-w', slapd.adminPassword];
  const { stdout } = await promisify(execFile)('ldapsearch', [...login, '-LLL', '-b', base, filter, '1.1']);
  return stdout.match(/^dn:/gm)?.length ?? 0;
}
