import { beforeEach, describe, expect, it } from 'vitest';
import { CONTESTED } from '../../src/domain/association.js';
import { Interrupted } from '../../src/domain/errors.js';
import type { Mxid } from '../../src/domain/mxid.js';
import { email, msisdn } from '../../src/domain/threepid.js';
import { alice, bob, FakeDirectory } from '../support/fakes.js';
import { type House, openHouse } from '../support/house.js';

const [a, b, c] = [email('a@example.org'), email('b@example.org'), email('c@example.org')];
const phone = msisdn('492215551234');
const edison: Mxid = '@edison:example.org';
const [nord, sued] = [email('edison@nord.example.org'), email('edison@sued.example.org')];

describe('a mirror', () => {
  let staff: FakeDirectory;
  let house: House;

  beforeEach(async () => {
    staff = new FakeDirectory();
    house = await openHouse({ directories: [staff] });
  });

  const changesSince = async (position: number) => (await house.stores.feed.since(position))?.changes;

  it('does not exist before the first sync', async () => {
    staff.put('1', alice, [a]);
    expect(house.mirrors.sources).toEqual(['staff']);
    expect(await house.mirrors.state('staff')).toEqual({
      syncedAt: undefined,
      attemptedAt: undefined,
      parts: {},
      failure: undefined,
    });
    expect(await house.hashed(a)).toBeUndefined();
  });

  it('knows nothing worse of its directory because Islet ends', async () => {
    staff.put('1', alice, [a]);
    await house.mirrors.sync('staff');
    const before = await house.mirrors.state('staff');
    house.clock.pass(60_000);
    staff.failure = new Interrupted();
    await expect(house.mirrors.sync('staff')).rejects.toBeInstanceOf(Interrupted);
    expect(await house.mirrors.state('staff')).toEqual(before);
  });

  it('makes everybody findable by hash with the first sync', async () => {
    staff.put('1', alice, [a, phone]);
    staff.put('2', bob, [email('Strauß@example.org')]);
    const report = await house.mirrors.sync('staff');

    expect(report).toMatchObject({
      source: 'staff',
      isApplied: true,
      refusal: undefined,
      parts: { people: 2 },
      added: { count: 2, shown: ['cn=1', 'cn=2'] },
      changed: { count: 0, shown: [] },
      removed: { count: 0, shown: [] },
      leftOut: { count: 0, shown: [] },
      shared: { count: 0, shown: [] },
    });
    expect(report.people).toEqual({
      count: 2,
      shown: [
        { label: 'cn=1', mxid: alice, threepids: 2 },
        { label: 'cn=2', mxid: bob, threepids: 1 },
      ],
    });
    expect(await Promise.all([a, phone, email('strauss@example.org'), b].map(house.hashed))).toEqual([
      alice,
      alice,
      bob,
      undefined,
    ]);
    expect(house.inMirror('staff', { medium: 'email', address: 'strauß@example.org' })).toBe(bob);
  });

  it('remembers when it was synced and how large each part was', async () => {
    staff.parts = ['people', 'guests'];
    staff.put('1', alice, [a]);
    const startedAt = house.clock.now();
    await house.mirrors.sync('staff', { onProgress: () => house.clock.pass(5) });
    const state = { syncedAt: startedAt, attemptedAt: startedAt, parts: { people: 1, guests: 0 }, failure: undefined };
    expect(await house.mirrors.state('staff')).toEqual({ ...state, isFirst: true });
    await house.mirrors.sync('staff');
    expect((await house.mirrors.state('staff')).isFirst).toBeUndefined();
    expect(house.telemetry.counted).toContainEqual({ name: 'syncs', labels: { source: 'staff', result: 'applied' } });
  });

  it('tells of its progress and how long it took', async () => {
    staff.put('1', alice, [a]);
    staff.put('2', bob, [b]);
    const listed: number[] = [];
    const { tookMs } = await house.mirrors.sync('staff', {
      onProgress: (count) => {
        listed.push(count);
        house.clock.pass(10);
      },
    });
    expect(listed).toEqual([1, 2]);
    expect(tookMs).toBe(20);
  });

  it('understands nobody again who has not changed', async () => {
    staff.put('1', alice, [a]);
    staff.put('2', bob, [b]);
    await house.mirrors.sync('staff');
    expect(staff.read).toEqual(['1', '2']);
    const position = await house.stores.feed.position();

    const report = await house.mirrors.sync('staff');
    expect(staff.read).toEqual(['1', '2']);
    expect(report).toMatchObject({
      isApplied: true,
      parts: { people: 2 },
      added: { count: 0 },
      changed: { count: 0 },
      removed: { count: 0 },
    });
    expect(await changesSince(position)).toEqual([]);
    expect(await house.hashed(a)).toBe(alice);
  });

  it('does not know a former name', async () => {
    await expect(house.mirrors.sync('former')).rejects.toThrow('no mirrored source is called former; there are: staff');
  });

  describe('after a change in the directory', () => {
    beforeEach(async () => {
      staff.put('1', alice, [a]);
      staff.put('2', bob, [b, phone]);
      staff.put('3', '@carol:example.org', [email('carol@example.org')]);
      staff.put('4', '@dave:example.org', [email('dave@example.org')]);
      staff.put('5', '@eve:example.org', [email('eve@example.org')]);
      await house.mirrors.sync('staff');
      staff.read.length = 0;
    });

    const found = () => Promise.all([a, b, c, phone].map(house.hashed));

    it('knows a new address and no longer the old one', async () => {
      staff.put('1', alice, [c]);
      const report = await house.mirrors.sync('staff');
      expect(report).toMatchObject({ added: { count: 0 }, changed: { count: 1, shown: ['cn=1'] } });
      expect(staff.read).toEqual(['1']);
      expect(await found()).toEqual([undefined, bob, alice, bob]);
    });

    it('tells only what changed', async () => {
      const position = await house.stores.feed.position();
      staff.put('2', bob, [b, c]);
      await house.mirrors.sync('staff');
      expect(await changesSince(position)).toEqual([
        {
          source: 'staff',
          removed: [{ threepid: phone, mxid: bob }],
          added: [{ threepid: c, mxid: bob }],
          isReload: false,
        },
      ]);
    });

    it('knows a new user ID under the old addresses', async () => {
      staff.put('2', '@bobby:example.org', [b, phone]);
      await house.mirrors.sync('staff');
      expect(await found()).toEqual([alice, '@bobby:example.org', undefined, '@bobby:example.org']);
    });

    it('knows a leaver no longer (LOOK-14)', async () => {
      staff.remove('2');
      const report = await house.mirrors.sync('staff');
      expect(report).toMatchObject({ isApplied: true, parts: { people: 4 }, removed: { count: 1, shown: ['cn=2'] } });
      expect(await found()).toEqual([alice, undefined, undefined, undefined]);
    });

    it('knows a newcomer with the user ID of a leaver under the own addresses only', async () => {
      staff.remove('2');
      await house.mirrors.sync('staff');
      staff.put('9', bob, [c]);
      await house.mirrors.sync('staff');
      expect(await found()).toEqual([alice, undefined, bob, undefined]);
    });

    it('takes a newcomer who replaces a leaver in one sync for nobody else', async () => {
      staff.remove('2');
      staff.put('9', bob, [c]);
      const { shared } = await house.mirrors.sync('staff');
      expect(shared.count).toBe(0);
      expect(await found()).toEqual([alice, undefined, bob, undefined]);
    });

    it('follows an address that goes from one person to another', async () => {
      staff.put('1', alice, [a, phone]);
      staff.put('2', bob, [b]);
      await house.mirrors.sync('staff');
      expect(await found()).toEqual([alice, bob, undefined, alice]);
    });

    it('follows two people who exchange their addresses', async () => {
      staff.put('1', alice, [b]);
      staff.put('2', bob, [a]);
      await house.mirrors.sync('staff');
      expect(await found()).toEqual([bob, alice, undefined, undefined]);
    });

    it('gives an address of two people to nobody, and to the one who is left', async () => {
      staff.put('1', alice, [a, phone]);
      await house.mirrors.sync('staff');
      expect(house.inMirror('staff', phone)).toBe(CONTESTED);
      expect(await found()).toEqual([alice, bob, undefined, undefined]);

      staff.put('2', bob, [b]);
      await house.mirrors.sync('staff');
      expect(await found()).toEqual([alice, bob, undefined, alice]);
    });

    it('loses whom it can no longer understand, says why, and has them back', async () => {
      staff.put('1', undefined, [], { leftOut: ['uid: two values'] });
      const report = await house.mirrors.sync('staff');
      expect(report.parts).toEqual({ people: 5 });
      expect(report.leftOut).toEqual({ count: 1, shown: [{ label: 'cn=1', reasons: ['uid: two values'] }] });
      expect(await found()).toEqual([undefined, bob, undefined, bob]);

      staff.put('1', alice, [a]);
      await house.mirrors.sync('staff');
      expect(await found()).toEqual([alice, bob, undefined, bob]);
    });

    it('follows an entry into another part', async () => {
      staff.parts = ['people', 'guests'];
      staff.put('1', alice, [a], { part: 'guests' });
      const report = await house.mirrors.sync('staff', { isForced: true });
      expect(report).toMatchObject({ parts: { people: 4, guests: 1 }, added: { count: 0 }, removed: { count: 0 } });
      expect(await found()).toEqual([alice, bob, undefined, bob]);

      staff.read.length = 0;
      await house.mirrors.sync('staff');
      expect(staff.read).toEqual([]);
    });

    it('keeps an address that differs in its spelling only, when one of the spellings goes', async () => {
      staff.put('6', edison, [nord, email('strauss@example.org')]);
      staff.put('7', edison, [nord, email('Strauß@example.org')]);
      await house.mirrors.sync('staff');
      expect(house.inMirror('staff', { medium: 'email', address: 'strauß@example.org' })).toBe(edison);
      staff.put('7', edison, [nord]);
      await house.mirrors.sync('staff');
      expect(await house.hashed(email('strauss@example.org'))).toBe(edison);
      expect(house.inMirror('staff', { medium: 'email', address: 'strauß@example.org' })).toBeUndefined();
    });
  });

  describe('where two people would get one user ID', () => {
    beforeEach(async () => {
      staff.put('nord', edison, [nord]);
      staff.put('sued', edison, [sued]);
      staff.put('1', alice, [a]);
    });

    it('answers for neither, and names both', async () => {
      const { shared } = await house.mirrors.sync('staff');
      expect(shared).toEqual({ count: 1, shown: [{ mxid: edison, labels: ['cn=nord', 'cn=sued'] }] });
      expect([nord, sued, a].map((one) => house.inMirror('staff', one))).toEqual([CONTESTED, CONTESTED, alice]);
      expect([...(await house.mirrors.shared()).keys()]).toEqual([edison]);
    });

    it('answers for both as soon as one is called otherwise', async () => {
      await house.mirrors.sync('staff');
      staff.put('sued', '@edison2:example.org', [sued]);
      const { shared } = await house.mirrors.sync('staff');
      expect(shared.count).toBe(0);
      expect(await Promise.all([nord, sued].map(house.hashed))).toEqual([edison, '@edison2:example.org']);
      expect(await house.mirrors.shared()).toEqual(new Map());
    });

    it('answers for the other as soon as one is gone', async () => {
      await house.mirrors.sync('staff');
      staff.remove('sued');
      await house.mirrors.sync('staff');
      expect(await Promise.all([nord, sued].map(house.hashed))).toEqual([edison, undefined]);
    });

    it('answers for the first no longer when a second one comes', async () => {
      staff.remove('sued');
      await house.mirrors.sync('staff');
      expect(await house.hashed(nord)).toBe(edison);
      staff.put('sued', edison, [sued]);
      await house.mirrors.sync('staff');
      expect([nord, sued].map((one) => house.inMirror('staff', one))).toEqual([CONTESTED, CONTESTED]);
    });

    it('takes twins who share an address for one person', async () => {
      staff.put('sued', edison, [sued, nord]);
      const { shared } = await house.mirrors.sync('staff');
      expect(shared.count).toBe(0);
      expect(await Promise.all([nord, sued].map(house.hashed))).toEqual([edison, edison]);
    });

    it('takes twins for two people when they have nothing in common any more, and the reverse', async () => {
      staff.put('sued', edison, [sued, nord]);
      await house.mirrors.sync('staff');
      staff.put('sued', edison, [sued]);
      await house.mirrors.sync('staff');
      expect([nord, sued].map((one) => house.inMirror('staff', one))).toEqual([CONTESTED, CONTESTED]);
      staff.put('nord', edison, [nord, sued]);
      await house.mirrors.sync('staff');
      expect([nord, sued].map((one) => house.inMirror('staff', one))).toEqual([edison, edison]);
    });

    it('keeps an address that one of two twins gives up', async () => {
      staff.put('sued', edison, [sued, nord]);
      await house.mirrors.sync('staff');
      staff.remove('sued');
      await house.mirrors.sync('staff', { isForced: true });
      expect(await Promise.all([nord, sued].map(house.hashed))).toEqual([edison, undefined]);
    });

    it('takes the directory at its word where that knows the user IDs themselves', async () => {
      const certain = new FakeDirectory('certain', false);
      certain.put('nord', edison, [nord]);
      certain.put('sued', edison, [sued]);
      house = await openHouse({ directories: [certain] });
      const { shared } = await house.mirrors.sync('certain');
      expect(shared.count).toBe(0);
      expect(await Promise.all([nord, sued].map(house.hashed))).toEqual([edison, edison]);
    });
  });

  describe('where people of two directories would get one user ID', () => {
    let guests: FakeDirectory;

    beforeEach(async () => {
      guests = new FakeDirectory('guests');
      house = await openHouse({ directories: [staff, guests] });
      staff.put('nord', edison, [nord]);
      guests.put('sued', edison, [sued]);
    });

    const inMirrors = () => [house.inMirror('staff', nord), house.inMirror('guests', sued)];

    it.each([
      ['staff', 'guests'],
      ['guests', 'staff'],
    ])('answers for neither once %s and then %s are synced', async (first, second) => {
      expect((await house.mirrors.sync(first)).shared.count).toBe(0);
      expect((await house.mirrors.sync(second)).shared).toMatchObject({ count: 1, shown: [{ mxid: edison }] });
      expect(inMirrors()).toEqual([CONTESTED, CONTESTED]);
      expect([await house.hashed(nord), await house.hashed(sued)]).toEqual([undefined, undefined]);
    });

    it('answers for neither also if both are synced at once', async () => {
      await Promise.all([house.mirrors.sync('staff'), house.mirrors.sync('guests')]);
      expect(inMirrors()).toEqual([CONTESTED, CONTESTED]);
    });

    it('answers for neither, whatever else changes, until they differ', async () => {
      await house.mirrors.sync('staff');
      await house.mirrors.sync('guests');
      staff.put('1', alice, [a]);
      guests.put('2', bob, [b]);
      await house.mirrors.sync('staff');
      await house.mirrors.sync('guests');
      expect(inMirrors()).toEqual([CONTESTED, CONTESTED]);

      guests.put('sued', '@edison2:example.org', [sued]);
      await house.mirrors.sync('guests');
      expect(inMirrors()).toEqual([edison, '@edison2:example.org']);
    });

    it('answers for the one who is left', async () => {
      await house.mirrors.sync('staff');
      await house.mirrors.sync('guests');
      guests.clear();
      await house.mirrors.sync('guests', { isForced: true });
      expect(inMirrors()).toEqual([edison, undefined]);
    });

    it('takes one person in both for one', async () => {
      guests.put('sued', edison, [sued, nord]);
      await house.mirrors.sync('staff');
      expect((await house.mirrors.sync('guests')).shared.count).toBe(0);
      expect(inMirrors()).toEqual([edison, edison]);
    });

    it('leaves a directory alone that knows the user IDs themselves', async () => {
      const certain = new FakeDirectory('certain', false);
      certain.put('sued', edison, [sued]);
      house = await openHouse({ directories: [staff, certain] });
      await house.mirrors.sync('staff');
      expect((await house.mirrors.sync('certain')).shared.count).toBe(0);
      expect([house.inMirror('staff', nord), house.inMirror('certain', sued)]).toEqual([edison, edison]);
    });

    it('lets a directory that knows the user IDs themselves say whose the disputed one is', async () => {
      const certain = new FakeDirectory('certain', false);
      certain.put('1', edison, [c]);
      house = await openHouse({ directories: [staff, guests, certain] });
      for (const name of ['staff', 'certain', 'guests']) await house.mirrors.sync(name);
      expect([...inMirrors(), house.inMirror('certain', c)]).toEqual([CONTESTED, CONTESTED, edison]);
      house = await openHouse({ directories: [staff, guests, certain], besides: house });
      expect([...inMirrors(), house.inMirror('certain', c)]).toEqual([CONTESTED, CONTESTED, edison]);
    });

    it('answers for neither after a restart', async () => {
      await house.mirrors.sync('staff');
      await house.mirrors.sync('guests');
      house = await openHouse({ directories: [staff, guests], besides: house });
      expect(inMirrors()).toEqual([CONTESTED, CONTESTED]);
    });
  });

  describe('where two entries have one id', () => {
    const people = Array.from({ length: 20 }, (_, i) => `p${i}`);

    beforeEach(async () => {
      for (const id of people) staff.put(id, `@${id}:example.org`, [email(`${id}@example.org`)]);
      staff.put('1', alice, [a]);
      await house.mirrors.sync('staff');
    });

    const found = () => Promise.all([a, b, c].map(house.hashed));

    it('answers for neither, names both, and goes on with all others', async () => {
      staff.put('2', bob, [b], { id: '1' });
      staff.put('3', '@carol:example.org', [c]);
      const report = await house.mirrors.sync('staff');
      expect(report).toMatchObject({
        isApplied: true,
        parts: { people: 21 },
        added: { shown: ['cn=3'] },
        removed: { shown: ['cn=1'] },
        leftOut: {
          count: 2,
          shown: ['cn=1', 'cn=2'].map((label) => ({ label, reasons: ["its id 1 is another entry's, too"] })),
        },
      });
      expect(report.warnings).toEqual([expect.stringMatching(/^people: .* left out: 1 is that of cn=1 and cn=2$/)]);
      expect(await found()).toEqual([undefined, undefined, '@carol:example.org']);
    });

    it('says so in the log once, and goes on saying so in its state', async () => {
      staff.put('2', bob, [b], { id: '1' });
      for (let time = 0; time < 2; time++) await house.mirrors.sync('staff');
      expect(house.telemetry.all('entries with one id are left out, islet sync names them')).toEqual([
        { source: 'staff', entries: 2, ids: 1 },
      ]);
      expect((await house.mirrors.state('staff')).remarks?.['people']).toContain('cn=1 and cn=2');
    });

    it('answers for both once each has its own', async () => {
      staff.put('2', bob, [b], { id: '1' });
      await house.mirrors.sync('staff');
      staff.put('2', bob, [b]);
      expect(await house.mirrors.sync('staff')).toMatchObject({ leftOut: { count: 0 }, warnings: [] });
      expect(await found()).toEqual([alice, bob, undefined]);
      expect((await house.mirrors.state('staff')).remarks).toBeUndefined();
    });

    it('takes whoever moves while everything is listed for one person', async () => {
      staff.parts = ['people', 'guests'];
      staff.put('1 elsewhere', alice, [a], { id: '1', part: 'guests' });
      const report = await house.mirrors.sync('staff');
      expect(report).toMatchObject({ isApplied: true, parts: { people: 21, guests: 0 }, leftOut: { count: 0 } });
      expect(await found()).toEqual([alice, undefined, undefined]);
    });

    it('does not believe at first that hardly anybody has an id of her own', async () => {
      house = await openHouse({ directories: [staff] });
      for (const id of people) staff.put(id, `@${id}:example.org`, [email(`${id}@example.org`)], { id: 'x' });
      const report = await house.mirrors.sync('staff');
      expect(report.refusal).toMatch(/^20 of 21 entries have the id of another: it is no id; people: /);
      expect(await found()).toEqual([undefined, undefined, undefined]);
    });

    it('does not even gather a large directory of which that is true', async () => {
      for (let i = 0; i < 2_100; i++) staff.put(`x${i}`, `@x${i}:example.org`, [], { id: `x${i % 50}` });
      const report = await house.mirrors.sync('staff', { isForced: true });
      expect(report).toMatchObject({
        isApplied: false,
        refusal: expect.stringMatching(/^most entries of the directory have the id of another: cn=x\d+ has x\d+$/),
      });
      expect(await found()).toEqual([alice, undefined, undefined]);
    });
  });

  describe('guards', () => {
    beforeEach(async () => {
      staff.parts = ['people', 'guests'];
      for (let i = 0; i < 20; i++) staff.put(`p${i}`, `@p${i}:example.org`, [email(`p${i}@example.org`)]);
      for (let i = 0; i < 5; i++)
        staff.put(`g${i}`, `@g${i}:example.org`, [email(`g${i}@example.org`)], { part: 'guests' });
      await house.mirrors.sync('staff');
      house.telemetry.lines.length = 0;
      house.telemetry.counted.length = 0;
      house.clock.pass(1_000);
    });

    const [p0, g0] = [email('p0@example.org'), email('g0@example.org')];
    const guests = ['g0', 'g1', 'g2', 'g3', 'g4'];

    it.each<[string, () => void, RegExp]>([
      [
        'the whole has shrunk too far',
        () => staff.remove('p0', 'p1', 'p2', 'p3', 'p4', 'g0'),
        /^the listing has 19 entries where 25 were known, 24 % less/,
      ],
      ['one part has', () => staff.remove('g0', 'g1'), /^its part guests has 3 entries where 5 were known, 40 % less/],
      ['one part is gone', () => staff.remove(...guests), /^its part guests has 0 entries/],
      [
        'the entries are there and their addresses may no longer be read',
        () => {
          for (let i = 0; i < 20; i++) staff.put(`p${i}`, `@p${i}:example.org`, []);
        },
        /^20 entries are there and have lost all their addresses: the right to read them may be lost$/,
      ],
      ['everything is gone', () => staff.clear(), /^the listing has 0 entries where 25 were known, 100 % less/],
      [
        'it breaks half-way',
        () => {
          staff.breaksAfter = 24;
        },
        /^the connection broke$/,
      ],
      [
        'it cannot begin',
        () => {
          staff.failure = new Error('LDAP bind failed');
        },
        /^LDAP bind failed$/,
      ],
      [
        'most entries have the id of another',
        () => {
          for (let i = 1; i < 10; i++)
            staff.put(`p${i}`, `@p${i}:example.org`, [email(`p${i}@example.org`)], { id: 'p0' });
        },
        /^10 of 25 entries have the id of another: it is no id; people: .*: p0 is that of cn=p0 and cn=p1 and cn=p2 and 7 more$/,
      ],
    ])('leave everything as it was where %s', async (_case, breakIt, reason) => {
      const before = await house.mirrors.state('staff');
      const position = await house.stores.feed.position();
      staff.put('p9', '@p9:example.org', [a]);
      breakIt();

      const report = await house.mirrors.sync('staff');
      expect(report).toMatchObject({ isApplied: false, refusal: expect.stringMatching(reason) as string });
      expect(await house.mirrors.state('staff')).toEqual({
        ...before,
        attemptedAt: house.clock.now(),
        failure: expect.objectContaining({ at: house.clock.now(), reason: report.refusal }) as unknown,
      });
      expect(await changesSince(position)).toEqual([]);
      expect(await Promise.all([p0, g0, a].map(house.hashed))).toEqual([
        '@p0:example.org',
        '@g0:example.org',
        undefined,
      ]);
      expect(house.telemetry.counted).toEqual([{ name: 'syncs', labels: { source: 'staff', result: 'refused' } }]);
      expect(house.telemetry.all('a sync was not applied; the last good copy answers')).toEqual([
        { source: 'staff', reason: report.refusal },
      ]);
    });

    it('tell what would be gone', async () => {
      staff.remove(...guests);
      const report = await house.mirrors.sync('staff');
      expect(report.removed).toEqual({ count: 5, shown: guests.map((id) => `cn=${id}`) });
    });

    it('let pass what is within the share', async () => {
      staff.remove('p0', 'p1', 'p2', 'p3', 'g0');
      expect((await house.mirrors.sync('staff')).isApplied).toBe(true);
      expect(await Promise.all([p0, g0].map(house.hashed))).toEqual([undefined, undefined]);
    });

    it('miss nobody who is in another part now', async () => {
      for (const id of guests) staff.put(id, `@${id}:example.org`, [email(`${id}@example.org`)]);
      staff.remove('p1', 'p2');
      expect(await house.mirrors.sync('staff')).toMatchObject({ isApplied: true, parts: { people: 23, guests: 0 } });
      staff.put('p0', '@p0:example.org', [p0], { part: 'guests' });
      staff.put('p3', '@p3:example.org', [email('p3@example.org')], { part: 'guests' });
      await house.mirrors.sync('staff');
      staff.put('p0', '@p0:example.org', [p0]);
      staff.remove('p3');
      expect(await house.mirrors.sync('staff')).toMatchObject({
        isApplied: false,
        refusal: expect.stringContaining('part guests') as string,
      });
    });

    it('compare with the last good listing, not with the one that was refused', async () => {
      staff.clear();
      await house.mirrors.sync('staff');
      expect((await house.mirrors.sync('staff')).isApplied).toBe(false);
      expect(await house.hashed(p0)).toBe('@p0:example.org');
    });

    it('can be overruled', async () => {
      staff.remove(...guests);
      await house.mirrors.sync('staff');
      const report = await house.mirrors.sync('staff', { isForced: true });
      expect(report).toMatchObject({ isApplied: true, refusal: undefined });
      expect(await house.hashed(g0)).toBeUndefined();
      expect(await house.mirrors.state('staff')).toMatchObject({
        parts: { people: 20, guests: 0 },
        failure: undefined,
      });
    });

    it('cannot be overruled where the listing breaks', async () => {
      staff.breaksAfter = 24;
      expect(await house.mirrors.sync('staff', { isForced: true })).toMatchObject({ isApplied: false });
      expect(await house.hashed(g0)).toBe('@g0:example.org');
    });

    it('say the same thing once, another thing again, and the same again after a success', async () => {
      const warnings = () =>
        house.telemetry.lines.filter(({ message }) => message.startsWith('a sync was not applied')).length;
      staff.failure = new Error('no route to host');
      await house.mirrors.sync('staff');
      await house.mirrors.sync('staff');
      expect(warnings()).toBe(1);
      staff.failure = new Error('certificate is not trusted');
      await house.mirrors.sync('staff');
      expect(warnings()).toBe(2);
      staff.failure = undefined;
      await house.mirrors.sync('staff');
      expect((await house.mirrors.state('staff')).failure).toBeUndefined();
      staff.failure = new Error('certificate is not trusted');
      await house.mirrors.sync('staff');
      expect(warnings()).toBe(3);
    });

    it.each<[string, () => void, string]>([
      [
        'gives nothing and says that this is odd',
        () => {
          staff.remarks = { people: 'the filter matches nothing' };
        },
        'people: the filter matches nothing',
      ],
      ['gives nobody an address', () => staff.put('1', alice, []), 'none of the 1 entries has an address'],
      [
        'gives nobody a user ID',
        () => staff.put('1', undefined, [], { leftOut: ['`uid` is missing'] }),
        'none of the 1 entries makes a user ID: `uid` is missing',
      ],
    ])('take a first listing for no knowledge that %s, until they are overruled', async (_case, make, reason) => {
      staff.clear();
      make();
      house = await openHouse({ directories: [staff] });
      const report = await house.mirrors.sync('staff');
      expect(report).toMatchObject({ isApplied: false, refusal: expect.stringContaining(reason) as string });
      expect(await house.mirrors.state('staff')).toMatchObject({ syncedAt: undefined, failure: { isSuspect: true } });
      expect(house.telemetry.all('a sync was not applied; there is no copy yet')).toHaveLength(1);

      expect((await house.mirrors.sync('staff', { isForced: true })).isApplied).toBe(true);
      expect((await house.mirrors.sync('staff')).isApplied).toBe(true);
    });

    it('believe a directory that is empty and finds nothing odd about it', async () => {
      staff.clear();
      house = await openHouse({ directories: [staff] });
      expect((await house.mirrors.sync('staff')).isApplied).toBe(true);
    });

    it('remember what is odd about a part while the others give entries', async () => {
      staff.clear();
      staff.put('1', alice, [a]);
      staff.remarks = { guests: 'the filter matches nothing' };
      house = await openHouse({ directories: [staff] });
      const report = await house.mirrors.sync('staff');
      expect(report).toMatchObject({ isApplied: true, warnings: ['guests: the filter matches nothing'] });
      expect((await house.mirrors.state('staff')).remarks).toEqual(staff.remarks);
      staff.remarks = {};
      await house.mirrors.sync('staff');
      expect((await house.mirrors.state('staff')).remarks).toBeUndefined();
    });

    it('keep a failure before the first sync from looking like a sync', async () => {
      staff.failure = new Error('no route to host');
      house = await openHouse({ directories: [staff] });
      await house.mirrors.sync('staff');
      expect(await house.mirrors.state('staff')).toEqual({
        syncedAt: undefined,
        attemptedAt: house.clock.now(),
        parts: {},
        failure: { at: house.clock.now(), reason: 'no route to host' },
      });
    });

    it.each([
      [
        'what would be applied',
        () => staff.put('p0', alice, [a]),
        /^none$/,
        { changed: { count: 1, shown: ['cn=p0'] } },
      ],
      ['what would be refused', () => staff.remove(...guests), /^its part guests/, { removed: { count: 5 } }],
      [
        'what fails',
        () => {
          staff.failure = new Error('no route to host');
        },
        /^no route to host$/,
        {},
      ],
    ])('report in a dry run %s, and nothing else happens', async (_case, change, refusal, rest) => {
      const before = await house.mirrors.state('staff');
      const position = await house.stores.feed.position();
      change();

      const report = await house.mirrors.sync('staff', { isDryRun: true });
      expect(report).toMatchObject({ isApplied: false, ...rest });
      expect(report.refusal ?? 'none').toMatch(refusal);
      expect(await house.mirrors.state('staff')).toEqual(before);
      expect(await changesSince(position)).toEqual([]);
      expect(await Promise.all([p0, g0, a].map(house.hashed))).toEqual([
        '@p0:example.org',
        '@g0:example.org',
        undefined,
      ]);
      expect([house.telemetry.lines, house.telemetry.counted]).toEqual([[], []]);
    });

    it('report in a dry run ten of the user IDs that are derived, also where nothing changes', async () => {
      const { people, changed } = await house.mirrors.sync('staff', { isDryRun: true });
      expect(changed.count).toBe(0);
      expect(people.count).toBe(10);
      expect(people.shown).toContainEqual({ label: 'cn=p0', mxid: '@p0:example.org', threepids: 1 });
    });

    it('report in a dry run who would share a user ID', async () => {
      staff.put('p0', '@p1:example.org', [p0]);
      const { shared } = await house.mirrors.sync('staff', { isDryRun: true });
      expect(shared).toEqual({
        count: 1,
        shown: [{ mxid: '@p1:example.org', labels: expect.arrayContaining(['cn=p0', 'cn=p1']) as string[] }],
      });
      expect(await house.hashed(p0)).toBe('@p0:example.org');
    });
  });

  it('shows up to ten of each kind and counts all', async () => {
    for (let i = 0; i < 25; i++)
      staff.put(`${i}`, `@p${i % 12}:example.org`, [email(`p${i}@example.org`)], { leftOut: ['no phone'] });
    const report = await house.mirrors.sync('staff');
    for (const [sample, count] of [
      [report.added, 25],
      [report.people, 25],
      [report.leftOut, 25],
      [report.shared, 12],
    ] as const) {
      expect([sample.count, sample.shown.length]).toEqual([count, 10]);
    }
    staff.clear();
    const { removed } = await house.mirrors.sync('staff', { isForced: true });
    expect([removed.count, removed.shown.length]).toEqual([25, 10]);
  });

  it('loads a huge listing as a whole instead of telling it one by one', async () => {
    for (let i = 0; i < 5_000; i++) staff.put(`${i}`, `@p${i}:example.org`, [email(`p${i}@example.org`)]);
    staff.put('nord', edison, [nord]);
    staff.put('sued', edison, [sued]);
    const position = await house.stores.feed.position();

    const { shared, added } = await house.mirrors.sync('staff');
    expect(await changesSince(position)).toEqual([{ source: 'staff', removed: [], added: [], isReload: true }]);
    expect(added.count).toBe(5_002);
    expect(shared).toEqual({ count: 1, shown: [{ mxid: edison, labels: ['cn=nord', 'cn=sued'] }] });
    expect(await house.hashed(email('p4999@example.org'))).toBe('@p4999:example.org');
    expect(house.inMirror('staff', nord)).toBe(CONTESTED);
  });

  it('loads other sources, too, whose people a huge listing makes ambiguous', async () => {
    const guests = new FakeDirectory('guests');
    house = await openHouse({ directories: [staff, guests] });
    guests.put('sued', edison, [sued]);
    await house.mirrors.sync('guests');
    expect(house.inMirror('guests', sued)).toBe(edison);

    for (let i = 0; i < 5_001; i++) staff.put(`${i}`, `@p${i}:example.org`, [email(`p${i}@example.org`)]);
    staff.put('nord', edison, [nord]);
    await house.mirrors.sync('staff');
    expect([house.inMirror('staff', nord), house.inMirror('guests', sued)]).toEqual([CONTESTED, CONTESTED]);
  });

  it('answers after a restart, before anything is synced and with the directory gone', async () => {
    staff.put('1', alice, [a]);
    await house.mirrors.sync('staff');
    staff.failure = new Error('no route to host');
    staff.listings.begun = 0;

    const again = await openHouse({ directories: [staff], besides: house });
    expect(await again.hashed(a)).toBe(alice);
    expect(staff.listings.begun).toBe(0);
    expect((await again.mirrors.state('staff')).syncedAt).toBe(house.clock.now());
  });

  it('is seen by another instance on the same database once that catches up', async () => {
    const other = await openHouse({ directories: [staff], besides: house });
    staff.put('1', alice, [a]);
    await house.mirrors.sync('staff');
    expect(await other.hashed(a)).toBeUndefined();
    await other.keeper.catchUp();
    expect(await other.hashed(a)).toBe(alice);

    staff.put('1', bob, [a]);
    await other.mirrors.sync('staff');
    expect([await house.hashed(a), await other.hashed(a)]).toEqual([alice, bob]);
    await house.keeper.catchUp();
    expect(await house.hashed(a)).toBe(bob);
    expect(staff.read).toEqual(['1', '1']);
  });

  it('is synced by one at a time, and each who asked has it synced', async () => {
    staff.put('1', alice, [a]);
    const reports = await Promise.all([1, 2, 3].map(() => house.mirrors.sync('staff')));
    expect(staff.listings).toMatchObject({ begun: 3, mostAtOnce: 1 });
    expect(reports.map(({ added }) => added.count)).toEqual([1, 0, 0]);
    expect(staff.read).toEqual(['1']);
  });

  it('does not make one directory wait for the listing of another', async () => {
    const guests = new FakeDirectory('guests');
    house = await openHouse({ directories: [staff, guests] });
    staff.put('1', alice, [a]);
    guests.put('2', bob, [b]);
    let isListed = (): void => undefined;
    const listing = new Promise<void>((resolve) => {
      isListed = resolve;
    });
    const list = staff.list.bind(staff);
    staff.list = async function* () {
      await listing;
      yield* list();
    };
    const slow = house.mirrors.sync('staff');
    await house.mirrors.sync('guests');
    expect(await house.hashed(b)).toBe(bob);
    isListed();
    await slow;
    expect(await house.hashed(a)).toBe(alice);
  });

  it('is synced the next time after the database was gone', async () => {
    staff.put('1', alice, [a]);
    const apply = house.stores.mirrors.apply.bind(house.stores.mirrors);
    house.stores.mirrors.apply = () => Promise.reject(new Error('the database is gone'));
    await expect(house.mirrors.sync('staff')).rejects.toThrow('the database is gone');
    house.stores.mirrors.apply = apply;
    expect((await house.mirrors.sync('staff')).isApplied).toBe(true);
    expect(await house.hashed(a)).toBe(alice);
  });
});

/** A listing that meets its first entry again at its end. */
