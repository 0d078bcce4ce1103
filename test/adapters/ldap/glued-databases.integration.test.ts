import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { listed, sourceOf } from '../../support/ldap.js';
import { person, unit } from '../../support/ldif.js';
import { Slapd } from '../../support/slapd.js';

const ROOT = 'dc=example,dc=org';
const EXTERNAL = `ou=ext,${ROOT}`;
const inside = ['anna', 'bob', 'carla', 'dora', 'emil', 'fritz'];
const outside = ['gina', 'hugo', 'ina'];

const labels = async (...bases: readonly string[]): Promise<readonly string[]> =>
  (await listed(sourceOf(slapd, { bases }))).map(({ label }) => label.replace(/,.*/, '')).toSorted();
const names = (uids: readonly string[]) => uids.map((uid) => `uid=${uid}`);
let slapd: Slapd;

describe('an OpenLDAP database with a glued subordinate database', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'glued-'));
    const subordinate = [
      'database mdb',
      `suffix "${EXTERNAL}"`,
      'subordinate',
      `directory ${folder}`,
      `rootdn "cn=admin,${ROOT}"`,
    ];
    const ldif = unit('people') + inside.map((uid) => person(uid, { mail: `${uid}@example.org` })).join('');
    slapd = await Slapd.start({ ldif, global: subordinate });
    const added = unit('ext') + outside.map((uid) => person(uid, { mail: `${uid}@example.org` }, EXTERNAL)).join('');
    await slapd.modify(added.replaceAll(/^dn:.*$/gm, '$&\nchangetype: add'));
  });
  afterAll(async () => {
    await slapd.stop();
    await rm(folder, { recursive: true });
  });

  it('lists the people of both databases from its root', async () => {
    expect(await labels(ROOT)).toEqual(names([...inside, ...outside]));
  });

  it('is listed below any of its bases, and below several', async () => {
    expect(await labels(`ou=people,${ROOT}`)).toEqual(names(inside));
    expect(await labels(EXTERNAL)).toEqual(names(outside));
    expect(await labels(`ou=people,${ROOT}`, EXTERNAL)).toEqual(names([...inside, ...outside]));
  });

  it('reports the changes of both databases', async () => {
    const source = sourceOf(slapd, { bases: [ROOT] });
    let cursor = '';
    for await (const _page of source.list((made) => (cursor = made)));
    for (const dn of [`uid=anna,ou=people,${ROOT}`, `uid=gina,${EXTERNAL}`])
      await slapd.modify(`dn: ${dn}\nchangetype: modify\nreplace: mail\nmail: new.${dn.slice(4, 8)}@example.org\n`);
    const changes = await source.changes(cursor);
    const threepids = changes?.present.flatMap(({ entries }) =>
      entries.flatMap((entry) => entry.parse().person?.threepids ?? []),
    );
    expect(threepids).toEqual(expect.arrayContaining([email('new.anna@example.org'), email('new.gina@example.org')]));
    await source.close();
  });
});
