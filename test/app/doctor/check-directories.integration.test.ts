import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LdapConfig } from '../../../src/app/config/config.js';
import { directoryCheck, fixOf } from '../../../src/app/doctor/check-directories.js';
import { RecordingTelemetry } from '../../support/fakes.js';
import { person, unit } from '../../support/ldif.js';
import { Slapd } from '../../support/slapd.js';
import { createBadCertificates } from '../../support/tls.js';

const ROOT = 'dc=example,dc=org';
const PEOPLE = `ou=people,${ROOT}`;
const MANY = 300;
const READER = `uid=reader,${ROOT}`;

describe('the report of the doctor about a directory', () => {
  let slapd: Slapd;
  beforeAll(async () => {
    const crowd = Array.from({ length: MANY }, (_, at) => person(`u${at}`, { mail: `u${at}@example.org` }));
    const late = [
      person('twin', { mail: 'twin.north@example.org' }),
      unit('more', PEOPLE),
      person('twin', { mail: 'twin.south@example.org' }, `ou=more,${PEOPLE}`),
      person('4711', { mail: 'number@example.org' }),
    ];
    slapd = await Slapd.start({
      ldif: [unit('people'), person('reader', { userPassword: 'pass' }, ROOT), ...crowd, ...late].join(''),
      database: [
        'access to attrs=userPassword by anonymous auth',
        'access to * by users read',
        `limits dn.exact="${READER}" size.soft=250 size.hard=250`,
      ],
    });
  });
  afterAll(() => slapd.stop());

  async function results(bindDn: string, password: string, more: Partial<LdapConfig> = {}) {
    const config = {
      kind: 'ldap',
      name: 'staff',
      urls: [slapd.url],
      bindDn,
      bindPassword: { value: password, from: 'a test' },
      bases: [PEOPLE],
      preset: 'openldap',
      homeserver: 'example.org',
      timeLimitMs: 10_000,
      connections: 2,
      pageSize: 100,
      mirror: { everyMs: 300_000, maxShrink: 0.2 },
      ...more,
    } as unknown as LdapConfig;
    return directoryCheck(config, new RecordingTelemetry())();
  }
  const doctor = async (...args: Parameters<typeof results>) =>
    (await results(...args)).map(({ state, words }) => `${state}: ${words}`);

  it('contains people with the same user ID and skipped values in all bases', async () => {
    const lines = await doctor(slapd.adminDn, slapd.adminPassword);
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(`^ok: ${MANY + 2} of ${MANY + 3} entries are people`),
        expect.stringMatching(
          `^warning: two people have the user ID @twin:example.org: uid=twin,${PEOPLE}; uid=twin,ou=more`,
        ),
        expect.stringMatching(`^warning: skipped in 1 of them: the user name is a number.*uid=4711,${PEOPLE}`),
      ]),
    );
  });

  it('is a failure if a sync would fail, and contains the remedy', async () => {
    const lines = await doctor(READER, 'pass');
    expect(lines).toContainEqual(expect.stringMatching(/^failure: a sync fails: .*after 250 entries.*size=unlimited/));
  });

  it('is based on a few entries only if no sync reads any', async () => {
    const lines = await doctor(READER, 'pass', { mirror: false });
    expect(lines).toContainEqual(expect.stringMatching(/^ok: 200 of 200 entries are people/));
  });

  it('never advises to send the password unencrypted', async () => {
    const strict = await Slapd.start({ global: ['security simple_bind=128'] });
    try {
      const [refused, ...more] = await results(strict.adminDn, strict.adminPassword, { urls: [strict.url] });
      expect(refused).toMatchObject({
        state: 'failure',
        words: expect.stringMatching(/confidentiality required.*requires an encrypted connection/),
        fix: expect.stringMatching(/^write ldaps:\/\/ in urls, or startTls: true/),
      });
      expect(JSON.stringify([refused, more])).not.toContain('ldapwhoami');
    } finally {
      await strict.stop();
    }
    const [wrong] = await results(slapd.adminDn, 'wrong');
    expect(wrong?.fix).toContain(`ldapwhoami -x -H ${slapd.url} -D "${slapd.adminDn}" -W`);
    const refused49 = 'bind refused for cn=islet: invalid credentials';
    const fix = (url: string, startTls: boolean) => fixOf(refused49, { urls: [url], startTls, bindDn: 'cn=islet' });
    expect(fix('ldaps://dc1', false)).toContain('ldapwhoami -x -H ldaps://dc1 -D "cn=islet" -W');
    expect(fix('ldap://dc1', true)).toContain('ldapwhoami -x -H ldap://dc1 -ZZ -D');
    expect(fix('ldap://dc1', false)).toBe('check bindDn, and the password in its file');
  });

  it('has no incomplete sentence if a certificate contains no name', async () => {
    const { ca, commonName } = createBadCertificates();
    const server = createServer(commonName).on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const [refused] = await results(slapd.adminDn, 'secret', { urls: [`ldaps://127.0.0.1:${port}`], ca });
    server.close();
    expect(refused?.words).toMatch(/certificate has no subjectAltName, only a common name/);
    expect(refused?.words).not.toMatch(/:\s*\)?$/);
    expect(refused?.fix).toContain('subjectAltName');
  });
});
