import { beforeEach, describe, expect, it } from 'vitest';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { alice, bob, FakeDirectory } from '../../support/fakes.js';
import { openTestDomain, type TestDomain } from '../../support/test-domain.js';

const [a, b, office] = [email('a@example.org'), email('b@example.org'), email('office@example.org')];

describe.each([
  ['while the directory answers', false],
  ['while the directory is down', true],
])('an unlisted address of a directory, %s', (_case, isDown) => {
  let staff: FakeDirectory;
  let domain: TestDomain;

  beforeEach(async () => {
    staff = new FakeDirectory();
    staff.put('1', alice, [a], { isUnlisted: true });
    staff.put('2', bob, [b]);
    staff.put('3', undefined, [office]);
    domain = await openTestDomain({ directories: [staff] });
    await domain.sync('staff');
    if (isDown) staff.failure = new Error('connection refused');
  });

  it('is not found, even if its user has bound it', async () => {
    await domain.bind(a, alice);
    expect([await domain.hashed(a), await domain.plain(a)]).toEqual([undefined, undefined]);
    expect([await domain.hashed(b), await domain.plain(b)]).toEqual([bob, bob]);
  });

  it('stays the address of its user', async () => {
    await expect(domain.bind(a, bob)).rejects.toMatchObject({ code: 'threepid_in_use' });
    expect(await domain.bind(a, alice)).toMatchObject({ mxid: alice });
  });

  it('cannot be bound by others if its entry has no usable user name', async () => {
    await expect(domain.bind(office, bob)).rejects.toMatchObject({ code: 'owner_unclear' });
  });

  it('belongs to a user who has not left the directory', async () => {
    expect(await domain.deprovisioningService.directoryStatus(alice)).not.toMatchObject({ kind: 'departed' });
  });
});

describe('a person who becomes unlisted', () => {
  it('is not found from the next sync on, keeps their other addresses, and is found again when they are listed', async () => {
    const staff = new FakeDirectory();
    for (const [id, mxid, address] of [
      ['1', alice, a],
      ['2', bob, b],
    ] as const)
      staff.put(id, mxid, [address]);
    const domain = await openTestDomain({ directories: [staff] });
    await domain.sync('staff');
    await domain.bind(email('own@example.net'), alice);
    expect(await domain.hashed(a)).toBe(alice);

    staff.put('1', alice, [a], { isUnlisted: true });
    expect(await domain.sync('staff')).toMatchObject({
      removed: { count: 0 },
      deprovisioning: { departed: 0, suspended: 0 },
    });
    expect([await domain.hashed(a), await domain.plain(a)]).toEqual([undefined, undefined]);
    expect(await domain.hashed(email('own@example.net'))).toBe(alice);

    staff.put('1', alice, [a]);
    await domain.sync('staff');
    expect(await domain.hashed(a)).toBe(alice);
  });
});
