import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { email, msisdn } from '../../../src/domain/identifiers/threepid.js';
import { RecordingTelemetry } from '../../support/fakes.js';
import { listed, sourceOf } from '../../support/ldap.js';
import { entry, person, unit } from '../../support/ldif.js';
import { freePort } from '../../support/ports.js';
import { Slapd } from '../../support/slapd.js';

const ROOT = 'dc=example,dc=org';
const PEOPLE = `ou=people,${ROOT}`;

const LDIF = [
  unit('people'),
  person('anna', { mail: ['anna@example.org', 'not an address'], mobile: 'n/a' }),
  person('left', { mail: 'left@example.org', employeeType: 'left' }),
  person('two', { uid: ['two', 'zwei'], mail: 'two@example.org' }),
  person('extension', { telephoneNumber: '+49 221 5551234 ext. 7' }),
  person('eve', { mail: 'office@example.org' }),
  person('adam', { mail: 'office@example.org' }),
  unit('empty'),
  entry(`ou=far,${ROOT}`, {
    objectClass: ['referral', 'extensibleObject'],
    ou: 'far',
    ref: 'ldap://far.example.org/ou=far,dc=example,dc=org',
  }),
].join('');

const filter = '(&(objectClass=inetOrgPerson)(!(employeeType=left)))';

describe('the explanation of a directory', () => {
  let slapd: Slapd;
  beforeAll(async () => {
    slapd = await Slapd.start({ ldif: LDIF });
  });
  afterAll(() => slapd.stop());

  describe('for one address', () => {
    const explain = async (threepid: ReturnType<typeof email>) => {
      const source = sourceOf(slapd, { filter });
      const [evidence, ...others] = await source.explain(threepid);
      expect(others).toEqual([]);
      await source.close();
      return evidence;
    };

    it('names the user, the entry, and skipped values', async () => {
      const anna = email('anna@example.org');
      expect(await explain(anna)).toEqual({
        via: 'live',
        finding: { threepid: anna, mxid: '@anna:example.org' },
        asOf: expect.any(Number),
        tookMs: expect.any(Number),
        notes: [
          `uid=anna,${PEOPLE}`,
          `uid=anna,${PEOPLE}: a value of \`mail\` is not an email address`,
          `uid=anna,${PEOPLE}: a phone number in \`mobile\` cannot be read (x/x)`,
        ],
      });
    });

    it('says that the filter excludes the entry with the address', async () => {
      expect(await explain(email('left@example.org'))).toMatchObject({
        finding: undefined,
        notes: [`uid=left,${PEOPLE}: does not match the filter`],
      });
    });

    it('says why the entry with the address has no user', async () => {
      expect((await explain(email('two@example.org')))?.notes).toContain(
        `uid=two,${PEOPLE}: \`uid\`, the attribute with the user name, has several values`,
      );
      expect((await explain(msisdn('492215551234')))?.notes).toContain(
        `uid=extension,${PEOPLE}: a phone number in \`telephoneNumber\` cannot be read (+## ### ####### xxx. #)`,
      );
    });

    it('names all people with the address', async () => {
      expect(await explain(email('office@example.org'))).toMatchObject({
        finding: { claimants: [`uid=eve,${PEOPLE}`, `uid=adam,${PEOPLE}`] },
      });
    });

    it('says why the directory cannot be queried', async () => {
      const url = `ldap://127.0.0.1:${await freePort()}`;
      const source = sourceOf(slapd, { urls: [url] });
      expect(await source.explain(email('anna@example.org'))).toMatchObject([
        { via: 'live', finding: undefined, failure: `${url}: the connection is refused` },
      ]);
      await source.close();
    });
  });

  it('says of each server and each base whether it can be used', async () => {
    const dead = `ldap://127.0.0.1:${await freePort()}`;
    const missingBase = `ou=nowhere,${ROOT}`;
    const empty = `ou=empty,${ROOT}`;
    const source = sourceOf(slapd, { urls: [dead, slapd.url], bases: [PEOPLE, missingBase, empty] });
    expect((await source.check()).map(({ tookMs: _time, ...checked }) => checked)).toEqual([
      { endpoint: dead, ok: false, problem: 'the connection is refused' },
      { endpoint: slapd.url, ok: true, problem: undefined },
      { endpoint: `${slapd.url} ${PEOPLE}`, ok: true, problem: undefined },
      {
        endpoint: `${slapd.url} ${missingBase}`,
        ok: false,
        problem: `search below ${missingBase} failed: no such object (it does not exist, or the account may not read it)`,
      },
      {
        endpoint: `${slapd.url} ${empty}`,
        ok: false,
        problem: 'there are no entries below the base, or the bind account may not read them',
      },
    ]);
    await source.close();
  });

  it('says that only a global catalog has an empty base', async () => {
    const source = sourceOf(slapd, { bases: [''] });
    const problem = expect.stringMatching(/^search below the root \(base ""\) failed: .*global catalog/) as string;
    expect(await source.check()).toMatchObject([{ ok: true }, { endpoint: `${slapd.url} `, problem }]);
    await source.close();
  });

  it('says that the filter matches nothing', async () => {
    const source = sourceOf(slapd, { filter: '(objectClass=user)' });
    expect((await source.check()).at(-1)).toMatchObject({
      ok: false,
      problem: 'the filter matches none of the entries below the base',
    });
    await source.close();
  });

  it('says once that referrals are not followed', async () => {
    const recorded = new RecordingTelemetry();
    const source = sourceOf(slapd, { bases: [ROOT] }, recorded);
    expect(await listed(source)).toHaveLength(6);
    expect(await listed(source)).toHaveLength(6);
    expect(recorded.lines).toEqual([
      { message: 'referrals to other servers are not followed', facts: { source: 'staff', base: ROOT } },
    ]);
    await source.close();
  });
});
