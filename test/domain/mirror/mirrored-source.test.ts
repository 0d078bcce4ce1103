import { beforeEach, describe, expect, it } from 'vitest';
import { AMBIGUOUS } from '../../../src/domain/associations/association.js';
import { lookupHash } from '../../../src/domain/identifiers/lookup-hash.js';
import { MirroredSource } from '../../../src/domain/mirror/mirrored-source.js';
import type { Mxid } from '../../../src/domain/identifiers/mxid.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { alice, bob, FakeDirectory } from '../../support/fakes.js';
import { type TestDomain, openTestDomain } from '../../support/test-domain.js';

const [a, b, c] = [email('a@example.org'), email('b@example.org'), email('c@example.org')];
const edison: Mxid = '@edison:example.org';
const [nord, sued] = [email('edison@nord.example.org'), email('edison@sued.example.org')];

describe('MirroredSource', () => {
  let staff: FakeDirectory;
  let guests: FakeDirectory;
  let domain: TestDomain;
  let source: MirroredSource;

  const sourceOf = (live: FakeDirectory) =>
    new MirroredSource(
      {
        mirrorService: domain.mirrorService,
        store: domain.stores.mirrors,
        index: domain.index,
        clock: domain.clock,
        telemetry: domain.telemetry,
      },
      live,
    );

  beforeEach(async () => {
    staff = new FakeDirectory();
    guests = new FakeDirectory('guests');
    domain = await openTestDomain({ directories: [staff, guests] });
    source = sourceOf(staff);
    staff.put('1', alice, [a]);
    staff.put('2', bob, [b]);
  });

  const fallbacks = () => domain.telemetry.counted.filter(({ name }) => name === 'mirror_fallbacks').length;

  it('has the name and authority of the directory', () => {
    expect([source.name, source.isAuthoritative]).toEqual(['staff', true]);
    const plain = { name: 'plain', find: async () => [] };
    const other = new MirroredSource(
      {
        mirrorService: domain.mirrorService,
        store: domain.stores.mirrors,
        index: domain.index,
        clock: domain.clock,
        telemetry: domain.telemetry,
      },
      plain,
    );
    expect([other.name, other.isAuthoritative]).toEqual(['plain', false]);
  });

  describe('asked for addresses', () => {
    it('answers from the directory, not from its mirror, also before its first sync', async () => {
      expect(await source.find([a, b, c])).toEqual([
        { threepid: a, mxid: alice },
        { threepid: b, mxid: bob },
      ]);
      await domain.mirrorService.sync('staff');
      staff.put('1', alice, [c]);
      expect(await source.find([a, c])).toEqual([{ threepid: c, mxid: alice }]);
      expect(fallbacks()).toBe(0);
    });

    describe('that are spelled differently in the directory', () => {
      const [strauss, sharp] = [email('strauss@example.org'), email('Strauß@example.org')];

      beforeEach(async () => {
        staff.isLiteral = true;
        staff.put('3', '@sharp:example.org', [sharp]);
        await domain.mirrorService.sync('staff');
      });

      const answers = () =>
        Promise.all(
          [strauss, sharp].map(async (threepid) => [await domain.hashed(threepid), await domain.plain(threepid)]),
        );
      const twice = (mxid: Mxid | undefined) => [strauss, sharp].map(() => [mxid, mxid]);

      it('answers and explains like hashed lookups', async () => {
        expect(await answers()).toEqual(twice('@sharp:example.org'));
        expect((await source.explain(strauss))[0]?.finding).toMatchObject({ mxid: '@sharp:example.org' });
      });

      it.each<[string, () => Promise<unknown>]>([
        ['once the mirror knows both', () => domain.mirrorService.sync('staff')],
        ['before the mirror knows the second', async () => undefined],
      ])('answers for neither of two people with different spellings, %s', async (_when, follow) => {
        staff.put('4', '@double:example.org', [strauss]);
        await follow();
        expect(await domain.plain(strauss)).toBeUndefined();
        expect((await source.explain(strauss))[0]?.finding).toMatchObject({ claimants: ['cn=3', 'cn=4'] });
      });

      it('does not find people who left', async () => {
        staff.remove('3');
        expect(await domain.plain(strauss)).toBeUndefined();
        staff.put('4', '@double:example.org', [strauss]);
        expect(await domain.plain(strauss)).toBe('@double:example.org');
      });
    });

    it('returns an ambiguous answer of the directory', async () => {
      staff.put('2', bob, [a]);
      expect(await source.find([a])).toEqual([{ threepid: a, claimants: ['cn=1', 'cn=2'] }]);
    });

    it('answers from the mirror while the directory is down', async () => {
      staff.put('3', '@carol:example.org', [b]);
      await domain.mirrorService.sync('staff');
      staff.failure = new Error('no route to host');
      expect(await source.find([a, b, c])).toEqual([
        { threepid: a, mxid: alice },
        { threepid: b, claimants: [] },
      ]);
      expect(fallbacks()).toBe(1);

      staff.failure = undefined;
      staff.put('1', alice, [c]);
      expect(await source.find([a, c])).toEqual([{ threepid: c, mxid: alice }]);
      expect(fallbacks()).toBe(1);
    });

    it('cannot answer while the directory is down and was never synced', async () => {
      staff.failure = new Error('no route to host');
      await expect(source.find([a])).rejects.toBe(staff.failure);
      await domain.mirrorService.sync('staff');
      await expect(source.find([a])).rejects.toBe(staff.failure);
      expect(fallbacks()).toBe(0);
    });

    it('cannot answer from a mirror that is not hashed yet, because missing would be wrong', async () => {
      await domain.mirrorService.sync('staff');
      staff.failure = new Error('no route to host');
      for (const pepper of domain.index.peppers()) domain.index.retire(pepper);
      await expect(source.find([a])).rejects.toBe(staff.failure);
    });

    it('answers from the mirror after a failed sync', async () => {
      await domain.mirrorService.sync('staff');
      staff.failure = new Error('no route to host');
      await domain.mirrorService.sync('staff');
      expect(await source.find([a])).toEqual([{ threepid: a, mxid: alice }]);
    });

    it('returns no user ID that a person in another directory would also get', async () => {
      staff.put('nord', edison, [nord]);
      guests.put('sued', edison, [sued]);
      await domain.mirrorService.sync('staff');
      await domain.mirrorService.sync('guests');
      expect(await source.find([nord, a])).toEqual([
        { threepid: nord, claimants: ['cn=nord', 'cn=sued in guests'] },
        { threepid: a, mxid: alice },
      ]);
      expect([await domain.plain(nord), await domain.plain(sued)]).toEqual([undefined, undefined]);

      staff.failure = new Error('no route to host');
      expect(await source.find([nord])).toEqual([{ threepid: nord, claimants: [] }]);
    });

    it('returns no user ID of a person in another directory, even before its own mirror has it', async () => {
      guests.put('sued', edison, [sued, c]);
      await domain.mirrorService.sync('staff');
      await domain.mirrorService.sync('guests');
      staff.put('nord', edison, [nord]);
      expect(await source.find([nord])).toEqual([
        { threepid: nord, claimants: ['cn=sued in guests', 'an entry that is not in the mirror yet'] },
      ]);
      staff.put('nord', edison, [nord, c]);
      expect(await source.find([nord, c])).toEqual([
        { threepid: nord, mxid: edison },
        { threepid: c, mxid: edison },
      ]);
    });

    it('accepts complete user IDs of a directory, like the mirror', async () => {
      const certain = new FakeDirectory('certain', false);
      domain = await openTestDomain({ directories: [staff, guests, certain] });
      source = sourceOf(certain);
      staff.put('nord', edison, [nord]);
      guests.put('sued', edison, [sued]);
      certain.put('1', edison, [c]);
      for (const name of ['staff', 'guests', 'certain']) await domain.mirrorService.sync(name);
      expect(await source.find([c])).toEqual([{ threepid: c, mxid: edison }]);
      expect([await domain.plain(c), await domain.hashed(c)]).toEqual([edison, edison]);
      expect((await domain.lookupService.explain(c)).mxid).toBe(edison);
      expect((await source.explain(c)).map(({ finding }) => finding)).toEqual([
        { threepid: c, mxid: edison },
        { threepid: c, mxid: edison },
      ]);
    });
  });

  describe('of a directory whose newest listing is rejected', () => {
    beforeEach(async () => {
      await domain.mirrorService.sync('staff');
      staff.clear();
      await domain.mirrorService.sync('staff');
    });

    it('answers from the mirror for people whom the directory does not return, and says so in the explanation', async () => {
      staff.put('9', bob, [c]);
      expect(await source.find([a, c])).toEqual([
        { threepid: c, mxid: bob },
        { threepid: a, mxid: alice },
      ]);
      const explanation = await domain.lookupService.explain(a);
      expect(explanation.mxid).toBe(alice);
      expect(explanation.sources[0]?.traces).toMatchObject([
        { via: 'live', failure: 'not found, but the last sync was rejected: the mirror answers instead' },
        {
          via: 'mirror',
          notes: [expect.stringContaining('the last sync was not applied: the directory has 0'), 'cn=1'],
        },
      ]);
    });

    it('accepts the directory again once it is right', async () => {
      await domain.mirrorService.sync('staff', { isForced: true });
      expect(await source.find([a])).toEqual([]);
    });

    it.each([
      ['could not be read', {}],
      ['could not say what changed', { isIncremental: true }],
    ])('still rejects it because it %s meanwhile, until a sync is applied', async (_case, change) => {
      staff.isFollowable = true;
      for (let sync = 0; sync < 2; sync++) {
        staff.failure = new Error('no route to host');
        expect(await domain.mirrorService.sync('staff', change)).toMatchObject({ isApplied: false });
      }
      staff.failure = undefined;
      expect(await source.find([a])).toEqual([{ threepid: a, mxid: alice }]);
      await domain.mirrorService.sync('staff', { isForced: true });
      expect(await source.find([a])).toEqual([]);
    });
  });

  describe('asked for hashes', () => {
    it('answers from the mirror, whatever the directory does', async () => {
      staff.put('3', '@carol:example.org', [b]);
      await domain.mirrorService.sync('staff');
      staff.failure = new Error('no route to host');
      const pepper = domain.pepperService.current();
      const [hashA, hashB, hashC] = [a, b, c].map((threepid) => lookupHash(threepid, pepper)) as [
        string,
        string,
        string,
      ];
      expect(await source.findHashes(pepper, [hashA, hashB, hashC])).toEqual(
        new Map<string, unknown>([
          [hashA, alice],
          [hashB, AMBIGUOUS],
        ]),
      );
      expect(await source.findHashes('other', [hashA])).toEqual(new Map());
    });
  });

  describe('in an explanation', () => {
    it('shows the answers of the directory and of the mirror, the directory first', async () => {
      await domain.mirrorService.sync('staff');
      const syncedAt = domain.clock.now();
      domain.clock.pass(5_000);
      staff.put('1', bob, [a]);
      expect(await source.explain(a)).toEqual([
        { via: 'live', finding: { threepid: a, mxid: bob }, tookMs: 0, notes: [] },
        { via: 'mirror', finding: { threepid: a, mxid: alice }, asOf: syncedAt, tookMs: 0, notes: ['cn=1'] },
      ]);
    });

    it('shows that no user is known', async () => {
      await domain.mirrorService.sync('staff');
      expect((await source.explain(c)).map(({ via, finding, failure }) => [via, finding, failure])).toEqual([
        ['live', undefined, undefined],
        ['mirror', undefined, undefined],
      ]);
    });

    it('shows why the directory does not answer, and the answer of the mirror', async () => {
      await domain.mirrorService.sync('staff');
      staff.failure = new Error('no route to host');
      expect(await source.explain(a)).toMatchObject([
        { via: 'live', finding: undefined, failure: 'no route to host' },
        { via: 'mirror', finding: { mxid: alice } },
      ]);
      expect((await domain.lookupService.explain(a)).mxid).toBe(alice);
    });

    it('shows that there is no mirror yet', async () => {
      expect(await source.explain(a)).toMatchObject([
        { via: 'live', finding: { mxid: alice } },
        { via: 'mirror', finding: undefined, failure: 'not synced yet' },
      ]);
      staff.failure = new Error('no route to host');
      expect((await domain.lookupService.explain(a)).sources[0]).toMatchObject({ source: 'staff', outcome: 'failed' });
    });

    it('shows skipped values of an entry', async () => {
      staff.put('1', alice, [a], { skipped: ['mobile: not a phone number'] });
      await domain.mirrorService.sync('staff');
      expect((await source.explain(a))[1]?.notes).toEqual(['cn=1', 'cn=1: mobile: not a phone number']);
    });

    it('names all claimants of an address', async () => {
      staff.put('2', bob, [a]);
      await domain.mirrorService.sync('staff');
      expect((await source.explain(a)).map(({ finding }) => finding)).toEqual([
        { threepid: a, claimants: ['cn=1', 'cn=2'] },
        { threepid: a, claimants: ['cn=1', 'cn=2'] },
      ]);
    });

    it('names the people of both directories who would get one user ID', async () => {
      staff.put('nord', edison, [nord]);
      guests.put('sued', edison, [sued]);
      await domain.mirrorService.sync('staff');
      await domain.mirrorService.sync('guests');
      expect((await source.explain(nord)).map(({ finding }) => finding)).toEqual([
        { threepid: nord, claimants: ['cn=nord', 'cn=sued in guests'] },
        { threepid: nord, claimants: ['cn=nord', 'cn=sued in guests'] },
      ]);
      expect(await domain.lookupService.explain(nord)).toMatchObject({
        mxid: undefined,
        sources: [{ outcome: 'ambiguous', decides: true }, {}, {}],
      });
    });

    it('shows each way in which the directory answers', async () => {
      await domain.mirrorService.sync('staff');
      const ways = ['dc1', 'dc2'].map((via) => ({ via, finding: { threepid: a, mxid: alice }, tookMs: 3, notes: [] }));
      const live = Object.assign(staff, { explain: async () => ways });
      expect((await sourceOf(live).explain(a)).map(({ via }) => via)).toEqual(['dc1', 'dc2', 'mirror']);
    });
  });

  it('lets a lookup continue with the next source if it cannot answer', async () => {
    await domain.bind(c, alice);
    staff.failure = new Error('no route to host');
    expect(await domain.plain(c)).toBe(alice);
    expect(domain.telemetry.counted).toContainEqual({ name: 'source_failures', labels: { source: 'staff' } });
  });
});
