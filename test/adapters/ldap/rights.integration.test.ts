import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MemoryHashIndex } from '../../support/memory/hash-index.js';
import { memoryStores } from '../../support/memory/stores.js';
import { IndexUpdater } from '../../../src/domain/hash-index/index-updater.js';
import { MirrorService } from '../../../src/domain/mirror/mirror-service.js';
import { FakeClock, RecordingTelemetry } from '../../support/fakes.js';
import { sourceOf } from '../../support/ldap.js';
import { entry, person, unit } from '../../support/ldif.js';
import { Slapd } from '../../support/slapd.js';

const ROOT = 'dc=example,dc=org';
const PEOPLE = `ou=people,${ROOT}`;
const OTHERS = `ou=others,${ROOT}`;

const accounts = ['all', 'no-mail', 'no-uid', 'nothing', 'no-base'] as const;
const dnOf = (name: string) => `cn=${name},${ROOT}`;
const hidden = (target: string, name: string) => `access to ${target} by dn.exact="${dnOf(name)}" none by * break`;

describe('a bind account without sufficient read access to', () => {
  let slapd: Slapd;
  beforeAll(async () => {
    slapd = await Slapd.start({
      ldif: [
        unit('people'),
        ...['anna', 'bob', 'carla'].map((uid) => person(uid, { mail: `${uid}@example.org` })),
        unit('others'),
        ...accounts.map((cn) =>
          entry(dnOf(cn), {
            objectClass: ['organizationalRole', 'simpleSecurityObject'],
            cn,
            userPassword: 'pass',
          }),
        ),
      ].join(''),
      database: [
        'access to attrs=userPassword by anonymous auth',
        hidden(`dn.subtree="${PEOPLE}" attrs=mail`, 'no-mail'),
        hidden(`dn.subtree="${PEOPLE}" attrs=uid`, 'no-uid'),
        hidden(`dn.children="${PEOPLE}"`, 'nothing'),
        hidden(`dn.subtree="${PEOPLE}"`, 'no-base'),
        'access to * by users read',
      ],
    });
  });
  afterAll(() => slapd.stop());

  let stores: ReturnType<typeof memoryStores>;
  beforeEach(() => {
    stores = memoryStores(new FakeClock());
  });

  async function sync(account: string, options = {}) {
    const source = sourceOf(slapd, { bindDn: dnOf(account), password: 'pass', ...options });
    const indexUpdater = new IndexUpdater(stores.feed, new MemoryHashIndex(), new Map());
    const mirrorService = new MirrorService(
      { store: stores.mirrors, indexUpdater, clock: new FakeClock(), telemetry: new RecordingTelemetry() },
      [{ directory: source, maxShrink: 0.2 }],
    );
    const report = await mirrorService.sync('staff');
    await source.close();
    return report;
  }

  const unseen = 'there are no entries below the base, or the bind account may not read them';
  const cases = [
    [
      'addresses',
      'no-mail',
      'none of the 3 entries has an address: the bind account may not read them, or they are in other attributes',
      '3 entries have lost all their addresses: the bind account may no longer be allowed to read them',
    ],
    [
      'user names',
      'no-uid',
      'none of the 3 entries has a usable user ID: `uid`, the attribute with the user name, is missing',
      '3 entries have lost all their addresses: the bind account may no longer be allowed to read them',
    ],
    [
      'any entry',
      'nothing',
      `${PEOPLE}: ${unseen}`,
      `the directory has 0 entries instead of 3, 100 % less (maxShrink: 20 %); ${PEOPLE}: ${unseen}`,
    ],
    [
      'the base',
      'no-base',
      `search below ${PEOPLE} failed: no such object (it does not exist, or the account may not read it)`,
      `search below ${PEOPLE} failed: no such object (it does not exist, or the account may not read it)`,
    ],
  ] as const;

  it.each(cases)('%s from the beginning is reported and has no mirror', async (_what, account, reason) => {
    expect((await sync(account)).refusal).toContain(reason);
    expect((await stores.mirrors.state('staff'))?.syncedAt).toBeUndefined();
  });

  it.each(cases)('%s after some time is reported and keeps its mirror', async (_what, account, _first, reason) => {
    expect(await sync('all')).toMatchObject({ isApplied: true, bases: { [PEOPLE]: 3 } });
    expect((await sync(account)).refusal).toContain(reason);
    expect(await stores.mirrors.state('staff')).toMatchObject({ bases: { [PEOPLE]: 3 }, syncedAt: expect.any(Number) });
  });

  it('one of its bases, from the beginning, is reported, and the rest is synced', async () => {
    expect(await sync('all', { bases: [PEOPLE, OTHERS] })).toMatchObject({
      isApplied: true,
      warnings: [`${OTHERS}: ${unseen}`],
    });
  });

  it('reports at the first sync that the filter matches nothing', async () => {
    const { isApplied, refusal } = await sync('all', { filter: '(objectClass=user)' });
    expect(isApplied).toBe(false);
    expect(refusal).toBe(`${PEOPLE}: the filter matches none of the entries below the base`);
  });
});
