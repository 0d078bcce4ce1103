import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LdapSource } from '../../../src/adapters/ldap/ldap-source.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { sourceOf } from '../../support/ldap.js';
import { person, unit } from '../../support/ldif.js';
import { Slapd } from '../../support/slapd.js';

const PEOPLE = 'ou=people,dc=example,dc=org';
const names = ['anna', 'bob', 'carla'];

describe('accounts that the password policy of OpenLDAP has locked', () => {
  let slapd: Slapd;
  let source: LdapSource;
  beforeAll(async () => {
    const ldif = unit('people') + names.map((uid) => person(uid, { mail: `${uid}@example.org` })).join('');
    slapd = await Slapd.start({ ldif, global: ['moduleload ppolicy'], database: ['overlay ppolicy'] });
    source = sourceOf(slapd, { filter: '(&(objectClass=inetOrgPerson)(!(pwdAccountLockedTime=000001010000Z)))' });
  });
  afterAll(async () => {
    await source.close();
    await slapd.stop();
  });

  const lock = (uid: string, since: string) =>
    slapd.modify(
      `dn: uid=${uid},${PEOPLE}\nchangetype: modify\nreplace: pwdAccountLockedTime\npwdAccountLockedTime: ${since}\n`,
    );
  const found = async () =>
    (await source.find(names.map((uid) => email(`${uid}@example.org`)))).map(({ threepid }) => threepid.address);

  it('for ever are excluded by the filter of the docs, live and in an incremental sync; those locked for a time are not', async () => {
    const [labels, digests] = [new Map<string, string>(), new Map<string, string>()];
    let syncCursor = '';
    for await (const { entries } of source.list((made) => (syncCursor = made))) {
      for (const { id, label, digest } of entries) {
        labels.set(id, label);
        digests.set(id, digest);
      }
    }
    expect(await found()).toEqual(names.map((uid) => `${uid}@example.org`));

    await lock('bob', '000001010000Z');
    await lock('carla', '20260101120000Z');
    expect(await found()).toEqual(['anna@example.org', 'carla@example.org']);
    const changes = await source.changes(syncCursor, undefined, async () => digests);
    expect(changes?.gone.flatMap((id) => labels.get(id) ?? [])).toEqual([`uid=bob,${PEOPLE}`]);
  });
});
