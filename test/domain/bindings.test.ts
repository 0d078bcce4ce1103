import { beforeEach, describe, expect, it } from 'vitest';
import { BINDINGS } from '../../src/domain/association.js';
import type { SignedAssociation } from '../../src/domain/bindings.js';
import { lookupHash } from '../../src/domain/hashing.js';
import { email, msisdn } from '../../src/domain/threepid.js';
import { alice, bob, FakeDirectory } from '../support/fakes.js';
import { DAY_MS, type House, openHouse } from '../support/house.js';

const [a, b] = [email('a@example.org'), email('b@example.org')];
const phone = msisdn('492215551234');

describe('Bindings', () => {
  let house: House;

  beforeEach(async () => {
    house = await openHouse();
  });

  /** The jobs that are queued, taken. */
  const jobs = async () =>
    (await house.stores.jobs.take(house.clock.now(), house.clock.now(), 100)).map(({ kind, payload }) => ({
      kind,
      payload,
    }));

  const isSigned = ({ signatures, ...association }: SignedAssociation) =>
    house.signer.verify(association, signatures['id.example.org']?.['ed25519:1'] ?? '', house.signer.keys[0].publicKey);

  describe('bind', () => {
    it('gives a signed association (BIND-2, BIND-5, BIND-8)', async () => {
      const sid = await house.validated(a, 'monkeys');
      house.clock.pass(1_000);
      const association = await house.bindings.bind(sid, 'monkeys', alice);

      const now = house.clock.now();
      expect(association).toEqual({
        address: 'a@example.org',
        medium: 'email',
        mxid: alice,
        ts: now,
        not_before: now,
        not_after: now + 100 * 365 * DAY_MS,
        signatures: { 'id.example.org': { 'ed25519:1': expect.any(String) as string } },
      });
      expect(await isSigned(association)).toBe(true);
      expect(await isSigned({ ...association, mxid: bob })).toBe(false);
    });

    it('is what publishes an address, at once and both ways; validating it is not (EM-10)', async () => {
      const sid = await house.validated(a, 'monkeys');
      expect([await house.hashed(a), await house.plain(a)]).toEqual([undefined, undefined]);
      await house.bindings.bind(sid, 'monkeys', alice);
      expect([await house.hashed(a), await house.plain(a)]).toEqual([alice, alice]);
    });

    it('publishes a phone number', async () => {
      await house.bind(phone, alice);
      expect([await house.hashed(phone), await house.plain(phone)]).toEqual([alice, alice]);
    });

    it('is seen by another instance once that catches up, and after a restart', async () => {
      const other = await openHouse({ besides: house });
      await house.bind(a, alice);
      expect([await other.hashed(a), await other.plain(a)]).toEqual([undefined, alice]);
      await other.keeper.catchUp();
      expect(await other.hashed(a)).toBe(alice);
      expect(await (await openHouse({ besides: house })).hashed(a)).toBe(alice);
    });

    it('has the homeserver of the user told', async () => {
      await house.bind(a, alice);
      expect(await jobs()).toEqual([
        { kind: 'welcome', payload: { medium: 'email', address: 'a@example.org', mxid: alice } },
      ]);
    });

    it('takes an address from whoever had it (BIND-6)', async () => {
      await house.bind(a, alice);
      await house.bind(b, alice);
      await house.bind(a, bob);
      expect([await house.hashed(a), await house.plain(a)]).toEqual([bob, bob]);
      expect([await house.hashed(b), await house.plain(b)]).toEqual([alice, alice]);
    });

    it('may be repeated with one session, by clients that did not hear the answer (BIND-9)', async () => {
      const sid = await house.validated(a, 'monkeys');
      await house.bindings.bind(sid, 'monkeys', alice);
      house.clock.pass(1_000);
      expect(await house.bindings.bind(sid, 'monkeys', alice)).toMatchObject({ ts: house.clock.now() });
      expect(await house.hashed(a)).toBe(alice);
    });

    it.each([
      ['an unknown sid', { sid: 'nope' }, 0, 'session_unknown'],
      ['a wrong client secret', { clientSecret: 'apes' }, 0, 'session_unknown'],
      ['an expired session', {}, DAY_MS + 1, 'session_expired'],
    ])('refuses %s', async (_case, wrong, waitMs, reason) => {
      const given = { sid: await house.validated(a, 'monkeys'), clientSecret: 'monkeys', ...wrong };
      house.clock.pass(waitMs);
      await expect(house.bindings.bind(given.sid, given.clientSecret, alice)).rejects.toMatchObject({ reason });
      expect(await house.plain(a)).toBeUndefined();
      expect(await jobs()).toEqual([]);
    });

    it('refuses a session that is not validated', async () => {
      const sid = await house.sessions.requestToken({
        threepid: a,
        clientSecret: 'monkeys',
        sendAttempt: 1,
        nextLink: undefined,
        user: alice,
        client: '127.0.0.1',
        preferences: { brand: undefined, acceptLanguage: undefined },
      });
      await expect(house.bindings.bind(sid, 'monkeys', alice)).rejects.toMatchObject({
        reason: 'session_not_validated',
      });
      expect(await house.hashed(a)).toBeUndefined();
    });
  });

  describe('an address that a directory owns', () => {
    let staff: FakeDirectory;

    beforeEach(async () => {
      staff = new FakeDirectory();
      house = await openHouse({ directories: [staff] });
      staff.put('1', alice, [a]);
    });

    it('may be bound to the user to whom the directory gives it', async () => {
      expect(await house.bind(a, alice)).toMatchObject({ mxid: alice });
    });

    it('may not be bound to another user, and it is said whose it is', async () => {
      await expect(house.bind(a, bob)).rejects.toMatchObject({
        reason: 'threepid_in_use',
        details: { mxid: alice },
        message: 'The directory of this organisation gives this address to another user',
      });
      expect(await house.stores.associations.find([a])).toEqual([]);
      expect(await jobs()).toEqual([]);
    });

    it('may not be bound to anybody while the directory cannot say whose it is', async () => {
      staff.put('2', bob, [a]);
      await expect(house.bind(a, alice)).rejects.toMatchObject({ reason: 'owner_unclear' });
      expect(await house.stores.associations.find([a])).toEqual([]);
    });

    it('may not be bound while the directory is down and was never synced', async () => {
      staff.failure = new Error('no route to host');
      await expect(house.bind(b, alice)).rejects.toMatchObject({ reason: 'owner_unreachable', cause: staff.failure });
      expect(await house.stores.associations.find([b])).toEqual([]);
    });

    it('is judged by the mirror while the directory is down', async () => {
      await house.mirrors.sync('staff');
      staff.failure = new Error('no route to host');
      await expect(house.bind(a, bob)).rejects.toMatchObject({ reason: 'threepid_in_use' });
      await house.bind(a, alice);
      await house.bind(b, bob);
    });

    it('stays that of the directory in lookups, if it was bound before to somebody else', async () => {
      staff.clear();
      await house.bind(a, bob);
      expect(await house.plain(a)).toBe(bob);
      staff.put('1', alice, [a]);
      await house.mirrors.sync('staff');
      expect([await house.plain(a), await house.hashed(a)]).toEqual([alice, alice]);
    });

    it('may be bound to anybody where that is allowed, and the directory is not even asked', async () => {
      house = await openHouse({ directories: [staff], directoryOwned: 'allow' });
      staff.failure = new Error('no route to host');
      expect(await house.bind(a, bob)).toMatchObject({ mxid: bob });
    });

    it('may be bound freely where the directory does not know it', async () => {
      expect(await house.bind(b, bob)).toMatchObject({ mxid: bob });
      expect(await house.plain(b)).toBe(bob);
    });

    it('is refused only after the session is proven: strangers learn nothing', async () => {
      await expect(house.bindings.bind('nope', 'monkeys', bob)).rejects.toMatchObject({ reason: 'session_unknown' });
    });
  });

  it('are not kept from binding by an upstream, which owns nothing', async () => {
    const upstream = { name: 'partner', find: async () => [{ threepid: a, mxid: alice }] };
    house = await openHouse({ sources: [upstream] });
    expect(await house.bind(a, bob)).toMatchObject({ mxid: bob });
  });

  describe('unbind', () => {
    beforeEach(async () => {
      await house.bind(a, alice);
    });

    const found = async () => [await house.hashed(a), await house.plain(a)];

    it('by whoever holds the address ends a binding at once (UNB-2, UNB-8)', async () => {
      await house.bindings.unbindBySession(a, alice, await house.validated(a, 'apes'), 'apes');
      expect(await found()).toEqual([undefined, undefined]);
    });

    it('by the homeserver of the user ends a binding at once (UNB-3, UNB-8)', async () => {
      await house.bindings.unbindByHomeserver(a, alice, 'example.org');
      expect(await found()).toEqual([undefined, undefined]);
    });

    it('may be repeated, and may be of what was never bound', async () => {
      await house.bindings.unbindByHomeserver(a, alice, 'example.org');
      await house.bindings.unbindByHomeserver(a, alice, 'example.org');
      await house.bindings.unbindBySession(b, alice, await house.validated(b, 'apes'), 'apes');
      expect(await found()).toEqual([undefined, undefined]);
    });

    it('leaves a binding of another user alone (UNB-8)', async () => {
      await house.bindings.unbindByHomeserver(a, bob, 'example.org');
      await house.bindings.unbindBySession(a, bob, await house.validated(a, 'apes'), 'apes');
      expect(await found()).toEqual([alice, alice]);
    });

    it('is not for sessions of another address (UNB-2)', async () => {
      const sid = await house.validated(b, 'apes');
      await expect(house.bindings.unbindBySession(a, alice, sid, 'apes')).rejects.toMatchObject({
        reason: 'unbind_not_proven',
      });
      expect(await found()).toEqual([alice, alice]);
    });

    it('is not for sessions that prove nothing', async () => {
      await expect(house.bindings.unbindBySession(a, alice, 'nope', 'apes')).rejects.toMatchObject({
        reason: 'session_unknown',
      });
      expect(await found()).toEqual([alice, alice]);
    });

    it.each(['other.org', 'example.org:8448', 'org', '', 'evil.example.org'])(
      'is not for the homeserver "%s" (UNB-3)',
      async (origin) => {
        await expect(house.bindings.unbindByHomeserver(a, alice, origin)).rejects.toMatchObject({
          reason: 'unbind_not_proven',
          message: `${origin} does not speak for users of example.org`,
        });
        expect(await found()).toEqual([alice, alice]);
      },
    );

    it('is seen by another instance once that catches up', async () => {
      const other = await openHouse({ besides: house });
      await house.bindings.unbindByHomeserver(a, alice, 'example.org');
      expect(await other.hashed(a)).toBe(alice);
      await other.keeper.catchUp();
      expect(await other.hashed(a)).toBeUndefined();
    });
  });

  describe('attest', () => {
    it('signs our own binding as it was bound', async () => {
      const bound = await house.bind(a, alice);
      house.clock.pass(DAY_MS);
      expect(await house.bindings.attest(a, alice)).toEqual(bound);
    });

    it.each([
      ['is not ours', async () => undefined],
      ['is that of another user here', () => house.bind(a, bob)],
    ])('signs for a day what %s, valid already for clocks that are behind', async (_case, before) => {
      await before();
      const now = house.clock.now();
      const association = await house.bindings.attest(a, alice);
      expect(association).toMatchObject({
        address: 'a@example.org',
        mxid: alice,
        ts: now,
        not_before: now - 300_000,
        not_after: now + DAY_MS,
      });
      expect(await isSigned(association)).toBe(true);
    });
  });

  it('are left out of lookups in plain before and after the time for which they hold (LOOK-14)', async () => {
    const now = house.clock.now();
    await house.stores.associations.bind(
      { threepid: a, mxid: alice, boundAt: now, notBefore: now + 10, notAfter: now + 20 },
      [],
    );
    const seen: unknown[] = [];
    for (const ms of [9, 1, 10, 1]) {
      house.clock.pass(ms);
      seen.push(await house.plain(a));
    }
    expect(seen).toEqual([undefined, alice, alice, undefined]);
  });

  it('are gone for hashes, too, once their time is over and that is noticed (LOOK-14)', async () => {
    const now = house.clock.now();
    await house.bind(b, alice);
    await house.stores.associations.bind(
      { threepid: a, mxid: alice, boundAt: now, notBefore: now, notAfter: now + DAY_MS },
      [],
    );
    await house.bindings.expire();
    expect([await house.hashed(a), await house.hashed(b)]).toEqual([alice, alice]);
    house.clock.pass(DAY_MS + 1);
    await house.bindings.expire();
    expect([await house.hashed(a), await house.hashed(b)]).toEqual([undefined, alice]);
    expect(await house.stores.associations.find([a])).toEqual([]);
  });

  it('are a source by the name of bindings', async () => {
    await house.bind(a, alice);
    const pepper = house.peppers.current();
    expect(house.index.find(BINDINGS, pepper, lookupHash(a, pepper))).toBe(alice);
    expect((await house.lookups.explain(a)).stages.map(({ source }) => source)).toEqual(['bindings']);
  });
});
