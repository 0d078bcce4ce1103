import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SyncReport } from '../../src/domain/mirror/sync-report.js';
import { IdentityClient } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { type HomeserverStandIn, startHomeserver } from '../support/homeserver.js';
import { type RunningIslet, startIslet } from '../support/islet.js';
import { PEOPLE_BASE, sourceFor } from '../support/people.js';
import { person, unit } from '../support/ldif.js';
import { Slapd } from '../support/slapd.js';

const people = ['anna', 'bob', 'carla', 'dora', 'emil', 'fritz'];
const LDIF =
  unit('people') + people.map((uid) => person(uid, { employeeType: 'active', mail: `${uid}@example.org` })).join('');

const leave = (uid: string) =>
  `dn: uid=${uid},${PEOPLE_BASE}\nchangetype: modify\nreplace: employeeType\nemployeeType: left\n`;

describe('a person who no longer matches the filter of a directory', () => {
  let slapd: Slapd;
  let homeserver: HomeserverStandIn;
  const running: RunningIslet[] = [];

  beforeAll(async () => {
    slapd = await Slapd.start({ ldif: LDIF });
    homeserver = await startHomeserver('example.org');
  });
  afterAll(async () => {
    for (const islet of running) await islet.remove();
    await Promise.all([slapd?.stop(), homeserver?.close()]);
  });

  async function start(mirror: object) {
    const filter = '(&(objectClass=inetOrgPerson)(employeeType=active))';
    const islet = await startIslet({
      server: { name: 'id.example.org' },
      sources: [sourceFor(slapd, { filter, mirror })],
      homeservers: { 'example.org': { url: homeserver.url } },
    });
    running.push(islet);
    await islet.logged('mirror synced');
    const client = new IdentityClient(islet.url);
    await client.register('example.org', 'token-of-alice');
    return { islet, client };
  }

  it('is found only until the next incremental sync', async () => {
    const { islet, client } = await start({ every: '1d', changesEvery: '1s' });
    expect(await client.findHashed(['bob@example.org'])).toEqual({ 'bob@example.org': '@bob:example.org' });
    await slapd.modify(leave('bob'));
    await eventually(async () => !('bob@example.org' in (await client.findHashed(['bob@example.org']))));
    expect(await client.findHashed(['anna@example.org', 'bob@example.org'])).toEqual({
      'anna@example.org': '@anna:example.org',
    });
    await islet.logged(/mirror synced.*"removed":1\b/);
    expect(islet.log().match(/mirror synced/g)).toHaveLength(2);
  });

  it('is removed by `islet sync --changes`, which reports it', async () => {
    const { islet, client } = await start({ every: '1d', changesEvery: false });
    await slapd.modify(leave('carla'));
    const { stdout, code } = await islet.command('sync', '--changes', '--json');
    const [report] = JSON.parse(stdout) as SyncReport[];
    expect([code, report?.isFull, report?.removed.shown]).toEqual([0, false, [`uid=carla,${PEOPLE_BASE}`]]);
    expect(await client.findHashed(['carla@example.org'])).toEqual({});
    expect((await islet.command('sync', '--changes')).stdout).toContain('incremental sync of 4 entries');
  });
});
