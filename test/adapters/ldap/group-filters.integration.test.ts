import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LdapOptions } from '../../../src/adapters/ldap/options.js';
import { sourceOf } from '../../support/ldap.js';
import { entry, person, unit } from '../../support/ldif.js';
import { Slapd } from '../../support/slapd.js';

const ROOT = 'dc=example,dc=org';
const PEOPLE = `ou=people,${ROOT}`;
const GROUP = `cn=staff,ou=groups,${ROOT}`;
const names = ['anna', 'bob', 'carla'];

const LDIF = [unit('people'), unit('groups'), ...names.map((uid) => person(uid, { mail: `${uid}@example.org` }))].join(
  '',
);

/** Long enough after the setup that no time of a change is in the overlap of the next sync. */
const LATER_MS = 3_600_000;

describe.each([
  [
    'memberOf by the overlay memberof',
    ['moduleload memberof'],
    ['overlay memberof', 'memberof-refint true'],
    `(memberOf=${GROUP})`,
  ],
  [
    'memberOf by the overlay dynlist',
    ['moduleload dynlist', 'include /etc/ldap/schema/dyngroup.schema'],
    ['overlay dynlist', 'dynlist-attrset groupOfURLs memberURL member+memberOf@groupOfNames'],
    `(memberOf=${GROUP})`,
  ],
])('a filter that names %s', (_what, global, database, filter) => {
  let slapd: Slapd;
  beforeAll(async () => {
    slapd = await Slapd.start({ ldif: LDIF, global, database });
    const members = names.filter((uid) => uid !== 'carla').map((uid) => `uid=${uid},${PEOPLE}`);
    const group = entry(GROUP, { objectClass: 'groupOfNames', cn: 'staff', member: members });
    await slapd.modify(group.replace(/^dn:.*$/m, '$&\nchangetype: add'));
  });
  afterAll(async () => slapd.stop());

  const open = (options: Partial<LdapOptions> = {}) =>
    sourceOf(slapd, { filter: `(&(objectClass=inetOrgPerson)${filter})`, ...options }, undefined, {
      now: () => Date.now() + LATER_MS,
    });

  it('lets an incremental sync notice people who joined or left the group', async () => {
    const source = open();
    const [labels, digests] = [new Map<string, string>(), new Map<string, string>()];
    let syncCursor = '';
    for await (const { entries } of source.list((made) => (syncCursor = made))) {
      for (const { id, label, digest } of entries) {
        labels.set(id, label);
        digests.set(id, digest);
      }
    }
    expect([...labels.values()].toSorted()).toEqual([`uid=anna,${PEOPLE}`, `uid=bob,${PEOPLE}`]);

    const change = (kind: string, uid: string) =>
      slapd.modify(`dn: ${GROUP}\nchangetype: modify\n${kind}: member\nmember: uid=${uid},${PEOPLE}\n`);
    await change('delete', 'bob');
    await change('add', 'carla');
    const changes = await source.changes(syncCursor, undefined, async () => digests);
    expect(changes?.gone.map((id) => labels.get(id))).toEqual([`uid=bob,${PEOPLE}`]);
    expect(changes?.present.flatMap(({ entries }) => entries.map(({ label }) => label))).toEqual([
      `uid=carla,${PEOPLE}`,
    ]);
    await source.close();
  });
});
