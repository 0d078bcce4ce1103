import { beforeEach, describe, expect, it } from 'vitest';
import { AMBIGUOUS } from '../../../src/domain/associations/association.js';
import { ShutdownError } from '../../../src/domain/shared/errors.js';
import type { Mxid } from '../../../src/domain/identifiers/mxid.js';
import { email, msisdn } from '../../../src/domain/identifiers/threepid.js';
import { alice, bob, FakeDirectory } from '../../support/fakes.js';
import { type TestDomain, openTestDomain } from '../../support/test-domain.js';

const [a, b, c] = [email('a@example.org'), email('b@example.org'), email('c@example.org')];
const phone = msisdn('492215551234');
const edison: Mxid = '@edison:example.org';
const [nord, sued] = [email('edison@nord.example.org'), email('edison@sued.example.org')];

describe('a mirror', () => {
  let staff: FakeDirectory;
  let domain: TestDomain;

  beforeEach(async () => {
    staff = new FakeDirectory();
    domain = await openTestDomain({ directories: [staff] });
  });

  const changesSince = async (position: number) => (await domain.stores.feed.since(position))?.changes;

  it('does not exist before the first sync', async () => {
    staff.put('1', alice, [a]);
    expect(domain.mirrorService.sources).toEqual(['staff']);
    expect(await domain.mirrorService.state('staff')).toEqual({
      syncedAt: undefined,
      attemptedAt: undefined,
      bases: {},
      failure: undefined,
    });
    expect(await domain.hashed(a)).toBeUndefined();
  });

  it('does not count a shutdown as a failure of the directory', async () => {
    staff.put('1', alice, [a]);
    await domain.mirrorService.sync('staff');
    const before = await domain.mirrorService.state('staff');
    domain.clock.pass(60_000);
    staff.failure = new ShutdownError();
    await expect(domain.mirrorService.sync('staff')).rejects.toBeInstanceOf(ShutdownError);
    expect(await domain.mirrorService.state('staff')).toEqual(before);
  });

  it('makes all people findable by hash after the first sync', async () => {
    staff.put('1', alice, [a, phone]);
    staff.put('2', bob, [email('Strauß@example.org')]);
    const report = await domain.mirrorService.sync('staff');

    expect(report).toMatchObject({
      source: 'staff',
      isApplied: true,
      refusal: undefined,
      bases: { people: 2 },
      added: { count: 2, shown: ['cn=1', 'cn=2'] },
      changed: { count: 0, shown: [] },
      removed: { count: 0, shown: [] },
      skipped: { count: 0, shown: [] },
      shared: { count: 0, shown: [] },
    });
    expect(report.people).toEqual({
      count: 2,
      shown: [
        { label: 'cn=1', mxid: alice, threepids: 2 },
        { label: 'cn=2', mxid: bob, threepids: 1 },
      ],
    });
    expect(await Promise.all([a, phone, email('strauss@example.org'), b].map(domain.hashed))).toEqual([
      alice,
      alice,
      bob,
      undefined,
    ]);
    expect(domain.inMirror('staff', { medium: 'email', address: 'strauß@example.org' })).toBe(bob);
  });

  it('remembers when it was synced and how large each base was', async () => {
    staff.bases = ['people', 'guests'];
    staff.put('1', alice, [a]);
    const startedAt = domain.clock.now();
    await domain.mirrorService.sync('staff', { onProgress: () => domain.clock.pass(5) });
    const state = { syncedAt: startedAt, attemptedAt: startedAt, bases: { people: 1, guests: 0 }, failure: undefined };
    expect(await domain.mirrorService.state('staff')).toEqual({ ...state, isFirst: true });
    await domain.mirrorService.sync('staff');
    expect((await domain.mirrorService.state('staff')).isFirst).toBeUndefined();
    expect(domain.telemetry.counted).toContainEqual({ name: 'syncs', labels: { source: 'staff', result: 'applied' } });
  });

  it('reports its progress and duration', async () => {
    staff.put('1', alice, [a]);
    staff.put('2', bob, [b]);
    const listed: number[] = [];
    const { tookMs } = await domain.mirrorService.sync('staff', {
      onProgress: (count) => {
        listed.push(count);
        domain.clock.pass(10);
      },
    });
    expect(listed).toEqual([1, 2]);
    expect(tookMs).toBe(20);
  });

  it('does not parse unchanged entries again', async () => {
    staff.put('1', alice, [a]);
    staff.put('2', bob, [b]);
    await domain.mirrorService.sync('staff');
    expect(staff.read).toEqual(['1', '2']);
    const position = await domain.stores.feed.position();

    const report = await domain.mirrorService.sync('staff');
    expect(staff.read).toEqual(['1', '2']);
    expect(report).toMatchObject({
      isApplied: true,
      bases: { people: 2 },
      added: { count: 0 },
      changed: { count: 0 },
      removed: { count: 0 },
    });
    expect(await changesSince(position)).toEqual([]);
    expect(await domain.hashed(a)).toBe(alice);
  });

  it('does not find a former user ID', async () => {
    await expect(domain.mirrorService.sync('former')).rejects.toThrow(
      'there is no mirrored source former; there are: staff',
    );
  });

  describe('after a change in the directory', () => {
    beforeEach(async () => {
      staff.put('1', alice, [a]);
      staff.put('2', bob, [b, phone]);
      staff.put('3', '@carol:example.org', [email('carol@example.org')]);
      staff.put('4', '@dave:example.org', [email('dave@example.org')]);
      staff.put('5', '@eve:example.org', [email('eve@example.org')]);
      await domain.mirrorService.sync('staff');
      staff.read.length = 0;
    });

    const found = () => Promise.all([a, b, c, phone].map(domain.hashed));

    it('finds a new address and no longer the old one', async () => {
      staff.put('1', alice, [c]);
      const report = await domain.mirrorService.sync('staff');
      expect(report).toMatchObject({ added: { count: 0 }, changed: { count: 1, shown: ['cn=1'] } });
      expect(staff.read).toEqual(['1']);
      expect(await found()).toEqual([undefined, bob, alice, bob]);
    });

    it('writes only changes to the feed', async () => {
      const position = await domain.stores.feed.position();
      staff.put('2', bob, [b, c]);
      await domain.mirrorService.sync('staff');
      expect(await changesSince(position)).toEqual([
        {
          source: 'staff',
          removed: [{ threepid: phone, mxid: bob }],
          added: [{ threepid: c, mxid: bob }],
          isReload: false,
        },
      ]);
    });

    it('finds a new user ID by the old addresses', async () => {
      staff.put('2', '@bobby:example.org', [b, phone]);
      await domain.mirrorService.sync('staff');
      expect(await found()).toEqual([alice, '@bobby:example.org', undefined, '@bobby:example.org']);
    });

    it('does not find a person who left (LOOK-14)', async () => {
      staff.remove('2');
      const report = await domain.mirrorService.sync('staff');
      expect(report).toMatchObject({ isApplied: true, bases: { people: 4 }, removed: { count: 1, shown: ['cn=2'] } });
      expect(await found()).toEqual([alice, undefined, undefined, undefined]);
    });

    it('finds a new person with the user ID of a leaver only by their own addresses', async () => {
      staff.remove('2');
      await domain.mirrorService.sync('staff');
      staff.put('9', bob, [c]);
      await domain.mirrorService.sync('staff');
      expect(await found()).toEqual([alice, undefined, bob, undefined]);
    });

    it('treats a new person who replaces a leaver in one sync as another person', async () => {
      staff.remove('2');
      staff.put('9', bob, [c]);
      const { shared } = await domain.mirrorService.sync('staff');
      expect(shared.count).toBe(0);
      expect(await found()).toEqual([alice, undefined, bob, undefined]);
    });

    it('follows an address that moves from one person to another', async () => {
      staff.put('1', alice, [a, phone]);
      staff.put('2', bob, [b]);
      await domain.mirrorService.sync('staff');
      expect(await found()).toEqual([alice, bob, undefined, alice]);
    });

    it('follows two people who exchange their addresses', async () => {
      staff.put('1', alice, [b]);
      staff.put('2', bob, [a]);
      await domain.mirrorService.sync('staff');
      expect(await found()).toEqual([bob, alice, undefined, undefined]);
    });

    it('assigns an address of two people to no one, and to the remaining one later', async () => {
      staff.put('1', alice, [a, phone]);
      await domain.mirrorService.sync('staff');
      expect(domain.inMirror('staff', phone)).toBe(AMBIGUOUS);
      expect(await found()).toEqual([alice, bob, undefined, undefined]);

      staff.put('2', bob, [b]);
      await domain.mirrorService.sync('staff');
      expect(await found()).toEqual([alice, bob, undefined, alice]);
    });

    it('removes entries that can no longer be parsed, says why, and restores them', async () => {
      staff.put('1', undefined, [], { skipped: ['uid: two values'] });
      const report = await domain.mirrorService.sync('staff');
      expect(report.bases).toEqual({ people: 5 });
      expect(report.skipped).toEqual({ count: 1, shown: [{ label: 'cn=1', reasons: ['uid: two values'] }] });
      expect(await found()).toEqual([undefined, bob, undefined, bob]);

      staff.put('1', alice, [a]);
      await domain.mirrorService.sync('staff');
      expect(await found()).toEqual([alice, bob, undefined, bob]);
    });

    it('follows an entry into another base', async () => {
      staff.bases = ['people', 'guests'];
      staff.put('1', alice, [a], { base: 'guests' });
      const report = await domain.mirrorService.sync('staff', { isForced: true });
      expect(report).toMatchObject({ bases: { people: 4, guests: 1 }, added: { count: 0 }, removed: { count: 0 } });
      expect(await found()).toEqual([alice, bob, undefined, bob]);

      staff.read.length = 0;
      await domain.mirrorService.sync('staff');
      expect(staff.read).toEqual([]);
    });

    it('keeps an address if one of its spellings is removed', async () => {
      staff.put('6', edison, [nord, email('strauss@example.org')]);
      staff.put('7', edison, [nord, email('Strauß@example.org')]);
      await domain.mirrorService.sync('staff');
      expect(domain.inMirror('staff', { medium: 'email', address: 'strauß@example.org' })).toBe(edison);
      staff.put('7', edison, [nord]);
      await domain.mirrorService.sync('staff');
      expect(await domain.hashed(email('strauss@example.org'))).toBe(edison);
      expect(domain.inMirror('staff', { medium: 'email', address: 'strauß@example.org' })).toBeUndefined();
    });
  });

  describe('if two people would get one user ID', () => {
    beforeEach(async () => {
      staff.put('nord', edison, [nord]);
      staff.put('sued', edison, [sued]);
      staff.put('1', alice, [a]);
    });

    it('answers for neither, and names both', async () => {
      const { shared } = await domain.mirrorService.sync('staff');
      expect(shared).toEqual({ count: 1, shown: [{ mxid: edison, labels: ['cn=nord', 'cn=sued'] }] });
      expect([nord, sued, a].map((threepid) => domain.inMirror('staff', threepid))).toEqual([
        AMBIGUOUS,
        AMBIGUOUS,
        alice,
      ]);
      expect([...(await domain.mirrorService.shared()).keys()]).toEqual([edison]);
    });

    it.each([{}, { isDryRun: true }])('names both on later runs with a report: %j', async (options) => {
      staff.put('2', undefined, [], { skipped: ['`uid` is missing'] });
      await domain.mirrorService.sync('staff');
      expect(await domain.mirrorService.sync('staff', options)).toMatchObject({
        shared: { count: 0 },
        skipped: { count: 0 },
      });
      const explained = { ...options, isExplained: true };
      expect(await domain.mirrorService.sync('staff', explained)).toMatchObject({
        shared: { count: 1, shown: [{ mxid: edison, labels: ['cn=nord', 'cn=sued'] }] },
        skipped: { count: 1, shown: [{ label: 'cn=2', reasons: ['`uid` is missing'] }] },
      });
      staff.put('sued', '@edison2:example.org', [sued]);
      staff.put('2', bob, [b]);
      expect(await domain.mirrorService.sync('staff', explained)).toMatchObject({
        shared: { count: 0 },
        skipped: { count: 0 },
      });
    });

    it('finds both as soon as one gets another user ID', async () => {
      await domain.mirrorService.sync('staff');
      staff.put('sued', '@edison2:example.org', [sued]);
      const { shared } = await domain.mirrorService.sync('staff');
      expect(shared.count).toBe(0);
      expect(await Promise.all([nord, sued].map(domain.hashed))).toEqual([edison, '@edison2:example.org']);
      expect(await domain.mirrorService.shared()).toEqual(new Map());
    });

    it('finds the remaining one as soon as the other is gone', async () => {
      await domain.mirrorService.sync('staff');
      staff.remove('sued');
      await domain.mirrorService.sync('staff');
      expect(await Promise.all([nord, sued].map(domain.hashed))).toEqual([edison, undefined]);
    });

    it('no longer finds the first when a second one appears', async () => {
      staff.remove('sued');
      await domain.mirrorService.sync('staff');
      expect(await domain.hashed(nord)).toBe(edison);
      staff.put('sued', edison, [sued]);
      await domain.mirrorService.sync('staff');
      expect([nord, sued].map((threepid) => domain.inMirror('staff', threepid))).toEqual([AMBIGUOUS, AMBIGUOUS]);
    });

    it('treats two entries that share an address as one person', async () => {
      staff.put('sued', edison, [sued, nord]);
      const { shared } = await domain.mirrorService.sync('staff');
      expect(shared.count).toBe(0);
      expect(await Promise.all([nord, sued].map(domain.hashed))).toEqual([edison, edison]);
    });

    it('treats two entries as two people when they have nothing in common any more, and the reverse', async () => {
      staff.put('sued', edison, [sued, nord]);
      await domain.mirrorService.sync('staff');
      staff.put('sued', edison, [sued]);
      await domain.mirrorService.sync('staff');
      expect([nord, sued].map((threepid) => domain.inMirror('staff', threepid))).toEqual([AMBIGUOUS, AMBIGUOUS]);
      staff.put('nord', edison, [nord, sued]);
      await domain.mirrorService.sync('staff');
      expect([nord, sued].map((threepid) => domain.inMirror('staff', threepid))).toEqual([edison, edison]);
    });

    it('keeps an address that one of two entries of a person loses', async () => {
      staff.put('sued', edison, [sued, nord]);
      await domain.mirrorService.sync('staff');
      staff.remove('sued');
      await domain.mirrorService.sync('staff', { isForced: true });
      expect(await Promise.all([nord, sued].map(domain.hashed))).toEqual([edison, undefined]);
    });

    it('accepts complete user IDs from the directory', async () => {
      const certain = new FakeDirectory('certain', false);
      certain.put('nord', edison, [nord]);
      certain.put('sued', edison, [sued]);
      domain = await openTestDomain({ directories: [certain] });
      const { shared } = await domain.mirrorService.sync('certain');
      expect(shared.count).toBe(0);
      expect(await Promise.all([nord, sued].map(domain.hashed))).toEqual([edison, edison]);
    });
  });

  describe('if people of two directories would get one user ID', () => {
    let guests: FakeDirectory;

    beforeEach(async () => {
      guests = new FakeDirectory('guests');
      domain = await openTestDomain({ directories: [staff, guests] });
      staff.put('nord', edison, [nord]);
      guests.put('sued', edison, [sued]);
    });

    const inMirrors = () => [domain.inMirror('staff', nord), domain.inMirror('guests', sued)];

    it.each([
      ['staff', 'guests'],
      ['guests', 'staff'],
    ])('answers for neither once %s and then %s are synced', async (first, second) => {
      expect((await domain.mirrorService.sync(first)).shared.count).toBe(0);
      expect((await domain.mirrorService.sync(second)).shared).toMatchObject({ count: 1, shown: [{ mxid: edison }] });
      expect(inMirrors()).toEqual([AMBIGUOUS, AMBIGUOUS]);
      expect([await domain.hashed(nord), await domain.hashed(sued)]).toEqual([undefined, undefined]);
    });

    it('answers for neither if both are synced concurrently', async () => {
      await Promise.all([domain.mirrorService.sync('staff'), domain.mirrorService.sync('guests')]);
      expect(inMirrors()).toEqual([AMBIGUOUS, AMBIGUOUS]);
    });

    it('answers for neither, whatever else changes, until they differ', async () => {
      await domain.mirrorService.sync('staff');
      await domain.mirrorService.sync('guests');
      staff.put('1', alice, [a]);
      guests.put('2', bob, [b]);
      await domain.mirrorService.sync('staff');
      await domain.mirrorService.sync('guests');
      expect(inMirrors()).toEqual([AMBIGUOUS, AMBIGUOUS]);

      guests.put('sued', '@edison2:example.org', [sued]);
      await domain.mirrorService.sync('guests');
      expect(inMirrors()).toEqual([edison, '@edison2:example.org']);
    });

    it('answers for the remaining person', async () => {
      await domain.mirrorService.sync('staff');
      await domain.mirrorService.sync('guests');
      guests.clear();
      await domain.mirrorService.sync('guests', { isForced: true });
      expect(inMirrors()).toEqual([edison, undefined]);
    });

    it('treats a person in both directories as one', async () => {
      guests.put('sued', edison, [sued, nord]);
      await domain.mirrorService.sync('staff');
      expect((await domain.mirrorService.sync('guests')).shared.count).toBe(0);
      expect(inMirrors()).toEqual([edison, edison]);
    });

    it('does not compare directories with complete user IDs', async () => {
      const certain = new FakeDirectory('certain', false);
      certain.put('sued', edison, [sued]);
      domain = await openTestDomain({ directories: [staff, certain] });
      await domain.mirrorService.sync('staff');
      expect((await domain.mirrorService.sync('certain')).shared.count).toBe(0);
      expect([domain.inMirror('staff', nord), domain.inMirror('certain', sued)]).toEqual([edison, edison]);
    });

    it('lets a directory with complete user IDs decide about a disputed one', async () => {
      const certain = new FakeDirectory('certain', false);
      certain.put('1', edison, [c]);
      domain = await openTestDomain({ directories: [staff, guests, certain] });
      for (const name of ['staff', 'certain', 'guests']) await domain.mirrorService.sync(name);
      expect([...inMirrors(), domain.inMirror('certain', c)]).toEqual([AMBIGUOUS, AMBIGUOUS, edison]);
      domain = await openTestDomain({ directories: [staff, guests, certain], sharedWith: domain });
      expect([...inMirrors(), domain.inMirror('certain', c)]).toEqual([AMBIGUOUS, AMBIGUOUS, edison]);
    });

    it('answers for neither after a restart', async () => {
      await domain.mirrorService.sync('staff');
      await domain.mirrorService.sync('guests');
      domain = await openTestDomain({ directories: [staff, guests], sharedWith: domain });
      expect(inMirrors()).toEqual([AMBIGUOUS, AMBIGUOUS]);
    });
  });

  describe('if two entries have one id', () => {
    const people = Array.from({ length: 20 }, (_, i) => `p${i}`);

    beforeEach(async () => {
      for (const id of people) staff.put(id, `@${id}:example.org`, [email(`${id}@example.org`)]);
      staff.put('1', alice, [a]);
      await domain.mirrorService.sync('staff');
    });

    const found = () => Promise.all([a, b, c].map(domain.hashed));

    it('answers for neither, reports both, and finds all others', async () => {
      staff.put('2', bob, [b], { id: '1' });
      staff.put('3', '@carol:example.org', [c]);
      const report = await domain.mirrorService.sync('staff');
      expect(report).toMatchObject({
        isApplied: true,
        bases: { people: 21 },
        added: { shown: ['cn=3'] },
        removed: { shown: ['cn=1'] },
        skipped: {
          count: 2,
          shown: ['cn=1', 'cn=2'].map((label) => ({ label, reasons: ['another entry has the same id 1'] })),
        },
      });
      expect(report.warnings).toEqual([expect.stringMatching(/^people: .* skipped: 1 is the id of cn=1 and cn=2$/)]);
      expect(await found()).toEqual([undefined, undefined, '@carol:example.org']);
    });

    it('logs it once, and keeps it in its state', async () => {
      staff.put('2', bob, [b], { id: '1' });
      for (let time = 0; time < 2; time++) await domain.mirrorService.sync('staff');
      expect(domain.telemetry.all('entries with the same id are skipped; `islet sync` lists them')).toEqual([
        { source: 'staff', entries: 2, ids: 1 },
      ]);
      expect((await domain.mirrorService.state('staff')).warnings?.['people']).toContain('cn=1 and cn=2');
    });

    it('answers for both once each has its own', async () => {
      staff.put('2', bob, [b], { id: '1' });
      await domain.mirrorService.sync('staff');
      staff.put('2', bob, [b]);
      expect(await domain.mirrorService.sync('staff')).toMatchObject({ skipped: { count: 0 }, warnings: [] });
      expect(await found()).toEqual([alice, bob, undefined]);
      expect((await domain.mirrorService.state('staff')).warnings).toBeUndefined();
    });

    it('treats an entry that moves during the listing as one person', async () => {
      staff.bases = ['people', 'guests'];
      staff.put('1 elsewhere', alice, [a], { id: '1', base: 'guests' });
      const report = await domain.mirrorService.sync('staff');
      expect(report).toMatchObject({ isApplied: true, bases: { people: 21, guests: 0 }, skipped: { count: 0 } });
      expect(await found()).toEqual([alice, undefined, undefined]);
    });

    it('rejects at first that most entries share ids', async () => {
      domain = await openTestDomain({ directories: [staff] });
      for (const id of people) staff.put(id, `@${id}:example.org`, [email(`${id}@example.org`)], { id: 'x' });
      const report = await domain.mirrorService.sync('staff');
      expect(report.refusal).toMatch(
        /^20 of 21 entries have the same id as another entry: the attribute is not a unique id; people: /,
      );
      expect(await found()).toEqual([undefined, undefined, undefined]);
    });

    it('does not collect a large directory with this problem', async () => {
      for (let i = 0; i < 2_100; i++) staff.put(`x${i}`, `@x${i}:example.org`, [], { id: `x${i % 50}` });
      const report = await domain.mirrorService.sync('staff', { isForced: true });
      expect(report).toMatchObject({
        isApplied: false,
        refusal: expect.stringMatching(
          /^most entries of the directory have the same id as another entry: cn=x\d+ has x\d+$/,
        ),
      });
      expect(await found()).toEqual([alice, undefined, undefined]);
    });
  });

  describe('guards', () => {
    beforeEach(async () => {
      staff.bases = ['people', 'guests'];
      for (let i = 0; i < 20; i++) staff.put(`p${i}`, `@p${i}:example.org`, [email(`p${i}@example.org`)]);
      for (let i = 0; i < 5; i++)
        staff.put(`g${i}`, `@g${i}:example.org`, [email(`g${i}@example.org`)], { base: 'guests' });
      await domain.mirrorService.sync('staff');
      domain.telemetry.lines.length = 0;
      domain.telemetry.counted.length = 0;
      domain.clock.pass(1_000);
    });

    const [p0, g0] = [email('p0@example.org'), email('g0@example.org')];
    const guests = ['g0', 'g1', 'g2', 'g3', 'g4'];

    it.each<[string, () => void, RegExp]>([
      [
        'the whole directory has shrunk too much',
        () => staff.remove('p0', 'p1', 'p2', 'p3', 'p4', 'g0'),
        /^the directory has 19 entries instead of 25, 24 % less/,
      ],
      [
        'one base has shrunk too much',
        () => staff.remove('g0', 'g1'),
        /^its base guests has 3 entries instead of 5, 40 % less/,
      ],
      ['one base is empty', () => staff.remove(...guests), /^its base guests has 0 entries/],
      [
        'the entries exist, but their addresses can no longer be read',
        () => {
          for (let i = 0; i < 20; i++) staff.put(`p${i}`, `@p${i}:example.org`, []);
        },
        /^20 entries have lost all their addresses: the bind account may no longer be allowed to read them$/,
      ],
      ['all entries are gone', () => staff.clear(), /^the directory has 0 entries instead of 25, 100 % less/],
      [
        'the listing fails half-way',
        () => {
          staff.breaksAfter = 24;
        },
        /^the connection broke$/,
      ],
      [
        'the listing cannot begin',
        () => {
          staff.failure = new Error('LDAP bind failed');
        },
        /^LDAP bind failed$/,
      ],
      [
        'most entries have the id of another entry',
        () => {
          for (let i = 1; i < 10; i++)
            staff.put(`p${i}`, `@p${i}:example.org`, [email(`p${i}@example.org`)], { id: 'p0' });
        },
        /^10 of 25 entries have the same id as another entry: the attribute is not a unique id; people: .*: p0 is the id of cn=p0 and cn=p1 and cn=p2 and 7 more$/,
      ],
    ])('change nothing if %s', async (_case, disrupt, reason) => {
      const before = await domain.mirrorService.state('staff');
      const position = await domain.stores.feed.position();
      staff.put('p9', '@p9:example.org', [a]);
      disrupt();

      const report = await domain.mirrorService.sync('staff');
      expect(report).toMatchObject({ isApplied: false, refusal: expect.stringMatching(reason) as string });
      expect(await domain.mirrorService.state('staff')).toEqual({
        ...before,
        attemptedAt: domain.clock.now(),
        failure: expect.objectContaining({ at: domain.clock.now(), reason: report.refusal }) as unknown,
      });
      expect(await changesSince(position)).toEqual([]);
      expect(await Promise.all([p0, g0, a].map(domain.hashed))).toEqual([
        '@p0:example.org',
        '@g0:example.org',
        undefined,
      ]);
      const result = (await domain.mirrorService.state('staff')).failure?.isRejected ? 'refused' : 'failed';
      expect(domain.telemetry.counted).toEqual([{ name: 'syncs', labels: { source: 'staff', result } }]);
      expect(result).toBe(/broke|bind failed/.test(String(reason)) ? 'failed' : 'refused');
      expect(domain.telemetry.all('sync not applied; the last accepted copy answers')).toEqual([
        { source: 'staff', reason: report.refusal },
      ]);
    });

    it('report what would be lost', async () => {
      staff.remove(...guests);
      const report = await domain.mirrorService.sync('staff');
      expect(report.removed).toEqual({ count: 5, shown: guests.map((id) => `cn=${id}`) });
    });

    it('allow a loss within the configured share', async () => {
      staff.remove('p0', 'p1', 'p2', 'p3', 'g0');
      expect((await domain.mirrorService.sync('staff')).isApplied).toBe(true);
      expect(await Promise.all([p0, g0].map(domain.hashed))).toEqual([undefined, undefined]);
    });

    it('do not count a person who moved to another base', async () => {
      for (const id of guests) staff.put(id, `@${id}:example.org`, [email(`${id}@example.org`)]);
      staff.remove('p1', 'p2');
      expect(await domain.mirrorService.sync('staff')).toMatchObject({
        isApplied: true,
        bases: { people: 23, guests: 0 },
      });
      staff.put('p0', '@p0:example.org', [p0], { base: 'guests' });
      staff.put('p3', '@p3:example.org', [email('p3@example.org')], { base: 'guests' });
      await domain.mirrorService.sync('staff');
      staff.put('p0', '@p0:example.org', [p0]);
      staff.remove('p3');
      expect(await domain.mirrorService.sync('staff')).toMatchObject({
        isApplied: false,
        refusal: expect.stringContaining('base guests') as string,
      });
    });

    it('compare with the last accepted listing, not with the rejected one', async () => {
      staff.clear();
      await domain.mirrorService.sync('staff');
      expect((await domain.mirrorService.sync('staff')).isApplied).toBe(false);
      expect(await domain.hashed(p0)).toBe('@p0:example.org');
    });

    it('can be overridden', async () => {
      staff.remove(...guests);
      await domain.mirrorService.sync('staff');
      const report = await domain.mirrorService.sync('staff', { isForced: true });
      expect(report).toMatchObject({ isApplied: true, refusal: undefined });
      expect(await domain.hashed(g0)).toBeUndefined();
      expect(await domain.mirrorService.state('staff')).toMatchObject({
        bases: { people: 20, guests: 0 },
        failure: undefined,
      });
    });

    it('cannot be overridden if the listing fails', async () => {
      staff.breaksAfter = 24;
      expect(await domain.mirrorService.sync('staff', { isForced: true })).toMatchObject({ isApplied: false });
      expect(await domain.hashed(g0)).toBe('@g0:example.org');
    });

    it('log a reason once, another reason again, and the same one again after a success', async () => {
      const warnings = () =>
        domain.telemetry.lines.filter(({ message }) => message.startsWith('sync not applied')).length;
      staff.failure = new Error('no route to host');
      await domain.mirrorService.sync('staff');
      await domain.mirrorService.sync('staff');
      expect(warnings()).toBe(1);
      staff.failure = new Error('certificate is not trusted');
      await domain.mirrorService.sync('staff');
      expect(warnings()).toBe(2);
      staff.failure = undefined;
      await domain.mirrorService.sync('staff');
      expect((await domain.mirrorService.state('staff')).failure).toBeUndefined();
      staff.failure = new Error('certificate is not trusted');
      await domain.mirrorService.sync('staff');
      expect(warnings()).toBe(3);
    });

    it.each<[string, () => void, string]>([
      [
        'is empty and has a warning',
        () => {
          staff.warnings = { people: 'the filter matches nothing' };
        },
        'people: the filter matches nothing',
      ],
      ['has no addresses', () => staff.put('1', alice, []), 'none of the 1 entries has an address'],
      [
        'has no user IDs',
        () => staff.put('1', undefined, [], { skipped: ['`uid` is missing'] }),
        'none of the 1 entries has a usable user ID: `uid` is missing',
      ],
    ])('reject a first listing that %s, until overridden', async (_case, make, reason) => {
      staff.clear();
      make();
      domain = await openTestDomain({ directories: [staff] });
      const report = await domain.mirrorService.sync('staff');
      expect(report).toMatchObject({ isApplied: false, refusal: expect.stringContaining(reason) as string });
      expect(await domain.mirrorService.state('staff')).toMatchObject({
        syncedAt: undefined,
        failure: { isRejected: true },
      });
      expect(domain.telemetry.all('sync not applied; there is no mirror yet')).toHaveLength(1);

      expect((await domain.mirrorService.sync('staff', { isForced: true })).isApplied).toBe(true);
      expect((await domain.mirrorService.sync('staff')).isApplied).toBe(true);
    });

    it('accept an empty directory', async () => {
      staff.clear();
      domain = await openTestDomain({ directories: [staff] });
      expect((await domain.mirrorService.sync('staff')).isApplied).toBe(true);
    });

    it('remember the problem of a base while others have entries', async () => {
      staff.clear();
      staff.put('1', alice, [a]);
      staff.warnings = { guests: 'the filter matches nothing' };
      domain = await openTestDomain({ directories: [staff] });
      const report = await domain.mirrorService.sync('staff');
      expect(report).toMatchObject({ isApplied: true, warnings: ['guests: the filter matches nothing'] });
      expect((await domain.mirrorService.state('staff')).warnings).toEqual(staff.warnings);
      staff.warnings = {};
      await domain.mirrorService.sync('staff');
      expect((await domain.mirrorService.state('staff')).warnings).toBeUndefined();
    });

    it('keep a failure before the first sync from looking like a sync', async () => {
      staff.failure = new Error('no route to host');
      domain = await openTestDomain({ directories: [staff] });
      await domain.mirrorService.sync('staff');
      expect(await domain.mirrorService.state('staff')).toEqual({
        syncedAt: undefined,
        attemptedAt: domain.clock.now(),
        bases: {},
        failure: { at: domain.clock.now(), reason: 'no route to host' },
      });
    });

    it.each([
      [
        'what would be applied',
        () => staff.put('p0', alice, [a]),
        /^none$/,
        { changed: { count: 1, shown: ['cn=p0'] } },
      ],
      ['what would be refused', () => staff.remove(...guests), /^its base guests/, { removed: { count: 5 } }],
      [
        'what fails',
        () => {
          staff.failure = new Error('no route to host');
        },
        /^no route to host$/,
        {},
      ],
    ])('report in a dry run %s, and change nothing', async (_case, change, refusal, rest) => {
      const before = await domain.mirrorService.state('staff');
      const position = await domain.stores.feed.position();
      change();

      const report = await domain.mirrorService.sync('staff', { isDryRun: true });
      expect(report).toMatchObject({ isApplied: false, ...rest });
      expect(report.refusal ?? 'none').toMatch(refusal);
      expect(await domain.mirrorService.state('staff')).toEqual(before);
      expect(await changesSince(position)).toEqual([]);
      expect(await Promise.all([p0, g0, a].map(domain.hashed))).toEqual([
        '@p0:example.org',
        '@g0:example.org',
        undefined,
      ]);
      expect([domain.telemetry.lines, domain.telemetry.counted]).toEqual([[], []]);
    });

    it('report in a dry run ten of the derived user IDs, also if nothing changes', async () => {
      const { people, changed } = await domain.mirrorService.sync('staff', { isDryRun: true });
      expect(changed.count).toBe(0);
      expect(people.count).toBe(10);
      expect(people.shown).toContainEqual({ label: 'cn=p0', mxid: '@p0:example.org', threepids: 1 });
    });

    it('report in a dry run which people would share a user ID', async () => {
      staff.put('p0', '@p1:example.org', [p0]);
      const { shared } = await domain.mirrorService.sync('staff', { isDryRun: true });
      expect(shared).toEqual({
        count: 1,
        shown: [{ mxid: '@p1:example.org', labels: expect.arrayContaining(['cn=p0', 'cn=p1']) as string[] }],
      });
      expect(await domain.hashed(p0)).toBe('@p0:example.org');
    });
  });

  it('shows up to ten examples of each kind in its report, and counts all', async () => {
    for (let i = 0; i < 25; i++)
      staff.put(`${i}`, `@p${i % 12}:example.org`, [email(`p${i}@example.org`)], { skipped: ['no phone'] });
    const report = await domain.mirrorService.sync('staff');
    for (const [sample, count] of [
      [report.added, 25],
      [report.people, 25],
      [report.skipped, 25],
      [report.shared, 12],
    ] as const) {
      expect([sample.count, sample.shown.length]).toEqual([count, 10]);
    }
    staff.clear();
    const { removed } = await domain.mirrorService.sync('staff', { isForced: true });
    expect([removed.count, removed.shown.length]).toEqual([25, 10]);
  });

  it('reloads after a huge listing instead of writing each change to the feed', async () => {
    for (let i = 0; i < 5_000; i++) staff.put(`${i}`, `@p${i}:example.org`, [email(`p${i}@example.org`)]);
    staff.put('nord', edison, [nord]);
    staff.put('sued', edison, [sued]);
    const position = await domain.stores.feed.position();

    const { shared, added } = await domain.mirrorService.sync('staff');
    expect(await changesSince(position)).toEqual([{ source: 'staff', removed: [], added: [], isReload: true }]);
    expect(added.count).toBe(5_002);
    expect(shared).toEqual({ count: 1, shown: [{ mxid: edison, labels: ['cn=nord', 'cn=sued'] }] });
    expect(await domain.hashed(email('p4999@example.org'))).toBe('@p4999:example.org');
    expect(domain.inMirror('staff', nord)).toBe(AMBIGUOUS);
  });

  it('loads other sources, too, whose people a huge listing makes ambiguous', async () => {
    const guests = new FakeDirectory('guests');
    domain = await openTestDomain({ directories: [staff, guests] });
    guests.put('sued', edison, [sued]);
    await domain.mirrorService.sync('guests');
    expect(domain.inMirror('guests', sued)).toBe(edison);

    for (let i = 0; i < 5_001; i++) staff.put(`${i}`, `@p${i}:example.org`, [email(`p${i}@example.org`)]);
    staff.put('nord', edison, [nord]);
    await domain.mirrorService.sync('staff');
    expect([domain.inMirror('staff', nord), domain.inMirror('guests', sued)]).toEqual([AMBIGUOUS, AMBIGUOUS]);
  });

  it('answers after a restart, before anything is synced and with the directory gone', async () => {
    staff.put('1', alice, [a]);
    await domain.mirrorService.sync('staff');
    staff.failure = new Error('no route to host');
    staff.listings.begun = 0;

    const again = await openTestDomain({ directories: [staff], sharedWith: domain });
    expect(await again.hashed(a)).toBe(alice);
    expect(staff.listings.begun).toBe(0);
    expect((await again.mirrorService.state('staff')).syncedAt).toBe(domain.clock.now());
  });

  it('is used by another instance on the same database after it catches up', async () => {
    const other = await openTestDomain({ directories: [staff], sharedWith: domain });
    staff.put('1', alice, [a]);
    await domain.mirrorService.sync('staff');
    expect(await other.hashed(a)).toBeUndefined();
    await other.indexUpdater.catchUp();
    expect(await other.hashed(a)).toBe(alice);

    staff.put('1', bob, [a]);
    await other.mirrorService.sync('staff');
    expect([await domain.hashed(a), await other.hashed(a)]).toEqual([alice, bob]);
    await domain.indexUpdater.catchUp();
    expect(await domain.hashed(a)).toBe(bob);
    expect(staff.read).toEqual(['1', '1']);
  });

  it('runs one sync at a time, and one for each request', async () => {
    staff.put('1', alice, [a]);
    const reports = await Promise.all([1, 2, 3].map(() => domain.mirrorService.sync('staff')));
    expect(staff.listings).toMatchObject({ begun: 3, mostAtOnce: 1 });
    expect(reports.map(({ added }) => added.count)).toEqual([1, 0, 0]);
    expect(staff.read).toEqual(['1']);
  });

  it('does not delay the sync of one directory by another', async () => {
    const guests = new FakeDirectory('guests');
    domain = await openTestDomain({ directories: [staff, guests] });
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
    const slow = domain.mirrorService.sync('staff');
    await domain.mirrorService.sync('guests');
    expect(await domain.hashed(b)).toBe(bob);
    isListed();
    await slow;
    expect(await domain.hashed(a)).toBe(alice);
  });

  it('is synced again after the database was unavailable', async () => {
    staff.put('1', alice, [a]);
    const apply = domain.stores.mirrors.apply.bind(domain.stores.mirrors);
    domain.stores.mirrors.apply = () => Promise.reject(new Error('the database is gone'));
    await expect(domain.mirrorService.sync('staff')).rejects.toThrow('the database is gone');
    domain.stores.mirrors.apply = apply;
    expect((await domain.mirrorService.sync('staff')).isApplied).toBe(true);
    expect(await domain.hashed(a)).toBe(alice);
  });
});

/** A listing that returns its first entry again at its end. */
