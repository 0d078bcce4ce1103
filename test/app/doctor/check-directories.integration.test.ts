import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LdapConfig } from '../../../src/app/config/config.js';
import { directoryCheck } from '../../../src/app/doctor/check-directories.js';
import { RecordingTelemetry } from '../../support/fakes.js';
import { person, unit } from '../../support/ldif.js';
import { Slapd } from '../../support/slapd.js';

const ROOT = 'dc=example,dc=org';
const PEOPLE = `ou=people,${ROOT}`;
const MANY = 300;
const READER = `uid=reader,${ROOT}`;

describe('what the doctor says of a directory', () => {
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

  async function doctor(bindDn: string, password: string, more: Partial<LdapConfig> = {}) {
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
    const results = await directoryCheck(config, new RecordingTelemetry())();
    return results.map(({ state, words }) => `${state}: ${words}`);
  }

  it('names people of one name and what is left out, wherever they stand', async () => {
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

  it('fails where a sync must fail, and says what helps', async () => {
    const lines = await doctor(READER, 'pass');
    expect(lines).toContainEqual(expect.stringMatching(/^failure: a sync fails: .*after 250 entries.*size=unlimited/));
  });

  it('reads no more than a few entries where no sync reads any', async () => {
    const lines = await doctor(READER, 'pass', { mirror: false });
    expect(lines).toContainEqual(expect.stringMatching(/^ok: 200 of 200 entries are people/));
  });
});
