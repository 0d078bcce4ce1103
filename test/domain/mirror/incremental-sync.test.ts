import { beforeEach, describe, expect, it } from 'vitest';
import type { Mxid } from '../../../src/domain/identifiers/mxid.js';
import { email, type Threepid } from '../../../src/domain/identifiers/threepid.js';
import { alice, bob, FakeDirectory } from '../../support/fakes.js';
import { type TestDomain, openTestDomain } from '../../support/test-domain.js';

const [a, b, c] = [email('a@example.org'), email('b@example.org'), email('c@example.org')];
const ids = Array.from({ length: 20 }, (_, at) => `more${at}`);

describe('a mirror of a directory that reports changes', () => {
  let staff: FakeDirectory;
  let domain: TestDomain;

  beforeEach(async () => {
    staff = new FakeDirectory();
    staff.isFollowable = true;
    staff.bases = ['people', 'guests'];
    staff.put('1', alice, [a]);
    staff.put('2', bob, [b]);
    for (const id of ids) staff.put(id, `@${id}:example.org`, [email(`${id}@example.org`)]);
    for (const id of ['g1', 'g2', 'g3', 'g4', 'g5']) staff.put(id, `@${id}:example.org`, [], { base: 'guests' });
    domain = await openTestDomain({ directories: [staff] });
    await domain.mirrorService.sync('staff');
  });

  const follow = () => domain.mirrorService.sync('staff', { isIncremental: true });

  it('is current without a full sync', async () => {
    staff.put('1', alice, [a, c]);
    staff.put('new', '@carol:example.org', [email('carol@example.org')], { base: 'guests' });
    staff.leave('2');
    expect((await domain.mirrorService.state('staff')).isFirst).toBe(true);
    const report = await follow();

    expect((await domain.mirrorService.state('staff')).isFirst).toBeUndefined();
    expect(staff.listings.begun).toBe(1);
    expect(report).toMatchObject({ isApplied: true, isFull: false, bases: { people: 21, guests: 6 } });
    expect([report.added, report.changed, report.removed].map(({ shown }) => shown)).toEqual([
      ['cn=new'],
      ['cn=1'],
      ['cn=2'],
    ]);
    expect(await Promise.all([a, b, c, email('carol@example.org')].map(domain.hashed))).toEqual([
      alice,
      undefined,
      alice,
      '@carol:example.org',
    ]);
  });

  it('applies each change, and counts a person who moves between bases once', async () => {
    staff.put('1', alice, [a], { base: 'guests' });
    expect(await follow()).toMatchObject({ changed: { count: 1 }, bases: { people: 21, guests: 6 } });
    expect(await follow()).toMatchObject({ changed: { count: 0 }, bases: { people: 21, guests: 6 } });
    staff.put('1', alice, [c]);
    expect(await follow()).toMatchObject({ changed: { count: 1 }, bases: { people: 22, guests: 5 } });
    expect(await domain.mirrorService.sync('staff')).toMatchObject({ isFull: true, changed: { count: 0 } });
  });

  it('notices deleted entries only at the next full sync', async () => {
    staff.remove('2');
    await follow();
    expect(await domain.hashed(b)).toBe(bob);
    await domain.mirrorService.sync('staff');
    expect(await domain.hashed(b)).toBeUndefined();
  });

  it('ignores departed entries that it never had', async () => {
    staff.put('stranger', '@stranger:example.org', []);
    staff.leave('stranger');
    expect(await follow()).toMatchObject({ removed: { count: 0 }, bases: { people: 22, guests: 5 } });
  });

  it('falls back to a full sync if the directory cannot report changes', async () => {
    staff.isFollowable = false;
    staff.remove('2');
    expect(await follow()).toMatchObject({ isFull: true, removed: { count: 1 } });
    expect(await domain.mirrorService.supportsIncremental('staff')).toBe(false);
    const asked = staff.asked;
    await follow();
    expect(staff.asked).toBe(asked);
  });

  it.each<[string, Mxid, Threepid, Mxid | undefined]>([
    ['its user ID', bob, c, undefined],
    ['its address', '@carol:example.org', b, '@carol:example.org'],
  ])('notices that an entry was deleted once %s belongs to another entry', async (_what, mxid, address, ofBob) => {
    staff.remove('2');
    staff.put('new', mxid, [address]);
    expect(await follow()).toMatchObject({ isFull: false, bases: { people: 22 }, removed: { shown: ['cn=2'] } });
    expect(await domain.hashed(address)).toBe(mxid);
    expect(await domain.hashed(b)).toBe(ofBob);
  });

  it('finds neither of two people with one user ID while both entries exist', async () => {
    staff.put('new', bob, [c]);
    expect(await follow()).toMatchObject({ isFull: false, removed: { count: 0 }, shared: { count: 1 } });
    expect(await Promise.all([b, c].map(domain.hashed))).toEqual([undefined, undefined]);
  });

  it('finds neither of two entries with one id, until one has another id', async () => {
    staff.put('new', '@carol:example.org', [c], { id: '1' });
    const report = await follow();
    expect(report).toMatchObject({ isApplied: true, bases: { people: 21 }, removed: { shown: ['cn=1'] } });
    expect(report.warnings).toEqual([expect.stringContaining('1 is the id of cn=1 and cn=new')]);
    expect(await Promise.all([a, b, c].map(domain.hashed))).toEqual([undefined, bob, undefined]);

    staff.put('2', bob, [b]);
    await follow();
    expect((await domain.mirrorService.state('staff')).warnings?.['people']).toContain('cn=1 and cn=new');
    staff.put('new', '@carol:example.org', [c]);
    staff.put('1', alice, [a]);
    expect(await follow()).toMatchObject({ bases: { people: 23 }, warnings: [] });
    expect(await Promise.all([a, b, c].map(domain.hashed))).toEqual([alice, bob, '@carol:example.org']);
  });

  it('rejects changes in which very many people left', async () => {
    for (const id of ids) staff.leave(id);
    expect(await follow()).toMatchObject({ isApplied: false, refusal: expect.stringContaining('maxShrink') });
    expect(await domain.hashed(email('more0@example.org'))).toBe('@more0:example.org');
    const { failure, syncedAt } = await domain.mirrorService.state('staff');
    expect([failure?.isRejected, syncedAt]).toEqual([true, expect.any(Number)]);
  });

  it('still rejects the loss of many entries while the directory is unreachable', async () => {
    for (const id of ids) staff.leave(id);
    await follow();
    staff.failure = new Error('dc1: connection refused');
    for (const isIncremental of [true, false]) {
      await domain.mirrorService.sync('staff', { isIncremental });
      const { failure } = await domain.mirrorService.state('staff');
      expect(failure).toMatchObject({ reason: 'dc1: connection refused', isRejected: true });
    }
  });

  it('rejects changes in which very many people lost all addresses', async () => {
    for (const id of ids) staff.put(id, `@${id}:example.org`, []);
    expect(await follow()).toMatchObject({ isApplied: false, refusal: expect.stringContaining('lost all') });
  });

  it('reports that it cannot sync incrementally, and stops once it can', async () => {
    staff.failure = new Error('dc1: connection refused');
    expect(await follow()).toMatchObject({ refusal: 'dc1: connection refused' });
    expect((await domain.mirrorService.state('staff')).failure?.reason).toBe('dc1: connection refused');
    staff.failure = undefined;
    await follow();
    expect((await domain.mirrorService.state('staff')).failure).toBeUndefined();
  });

  it('still reports the rejected full sync after successful incremental ones', async () => {
    staff.remove(...ids);
    await domain.mirrorService.sync('staff');
    await follow();
    expect((await domain.mirrorService.state('staff')).failure?.reason).toContain('maxShrink');
  });

  it('reports why full syncs are used, until it syncs incrementally again', async () => {
    staff.incrementalProblem = 'dc1: time limit exceeded';
    expect(await follow()).toMatchObject({ isApplied: true, isFull: true });
    expect(await domain.mirrorService.state('staff')).toMatchObject({
      incrementalProblem: 'dc1: time limit exceeded',
      failure: undefined,
    });
    staff.incrementalProblem = undefined;
    expect(await follow()).toMatchObject({ isFull: false });
    expect(await domain.mirrorService.state('staff')).not.toHaveProperty('incrementalProblem');
  });

  it('shows in a dry run what changed, and changes nothing', async () => {
    staff.leave('2');
    const before = await domain.mirrorService.state('staff');
    const report = await domain.mirrorService.sync('staff', { isIncremental: true, isDryRun: true });
    expect(report).toMatchObject({ isApplied: false, isFull: false, removed: { shown: ['cn=2'] } });
    expect(await domain.mirrorService.state('staff')).toEqual(before);
    expect(await domain.hashed(b)).toBe(bob);
  });
});
