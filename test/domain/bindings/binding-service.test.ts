import { beforeEach, describe, expect, it } from 'vitest';
import { BINDINGS } from '../../../src/domain/associations/binding.js';
import type { SignedAssociation } from '../../../src/domain/bindings/binding-service.js';
import { lookupHash } from '../../../src/domain/identifiers/lookup-hash.js';
import { email, msisdn } from '../../../src/domain/identifiers/threepid.js';
import { alice, bob, FakeDirectory } from '../../support/fakes.js';
import { DAY_MS, type TestDomain, openTestDomain } from '../../support/test-domain.js';
import { takeAll } from '../../support/jobs.js';

const [a, b] = [email('a@example.org'), email('b@example.org')];
const phone = msisdn('492215551234');

describe('Bindings', () => {
  let domain: TestDomain;

  beforeEach(async () => {
    domain = await openTestDomain();
  });

  /** Takes the queued jobs. */
  const jobs = async () =>
    (await takeAll(domain.stores.jobs, domain.clock.now())).map(({ kind, payload }) => ({
      kind,
      payload,
    }));

  const isSigned = ({ signatures, ...association }: SignedAssociation) =>
    domain.signer.verify(
      association,
      signatures['id.example.org']?.['ed25519:1'] ?? '',
      domain.signer.keys[0].publicKey,
    );

  describe('bind', () => {
    it('gives a signed association (BIND-2, BIND-5, BIND-8)', async () => {
      const sid = await domain.validated(a, 'monkeys');
      domain.clock.pass(1_000);
      const association = await domain.bindingService.bind(sid, 'monkeys', alice);

      const now = domain.clock.now();
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

    it('publishes an address at once, for hashed and plain lookups; validating it does not (EM-10)', async () => {
      const sid = await domain.validated(a, 'monkeys');
      expect([await domain.hashed(a), await domain.plain(a)]).toEqual([undefined, undefined]);
      await domain.bindingService.bind(sid, 'monkeys', alice);
      expect([await domain.hashed(a), await domain.plain(a)]).toEqual([alice, alice]);
    });

    it('publishes a phone number', async () => {
      await domain.bind(phone, alice);
      expect([await domain.hashed(phone), await domain.plain(phone)]).toEqual([alice, alice]);
    });

    it('is used by other instances after they catch up, and after a restart', async () => {
      const other = await openTestDomain({ sharedWith: domain });
      await domain.bind(a, alice);
      expect([await other.hashed(a), await other.plain(a)]).toEqual([undefined, alice]);
      await other.indexUpdater.catchUp();
      expect(await other.hashed(a)).toBe(alice);
      expect(await (await openTestDomain({ sharedWith: domain })).hashed(a)).toBe(alice);
    });

    it('notifies the homeserver of the user', async () => {
      await domain.bind(a, alice);
      expect(await jobs()).toEqual([
        { kind: 'notify-bound', payload: { medium: 'email', address: 'a@example.org', mxid: alice } },
      ]);
    });

    it('takes an address from its previous user (BIND-6)', async () => {
      await domain.bind(a, alice);
      await domain.bind(b, alice);
      await domain.bind(a, bob);
      expect([await domain.hashed(a), await domain.plain(a)]).toEqual([bob, bob]);
      expect([await domain.hashed(b), await domain.plain(b)]).toEqual([alice, alice]);
    });

    it('may be repeated with one session, by clients that missed the response (BIND-9)', async () => {
      const sid = await domain.validated(a, 'monkeys');
      await domain.bindingService.bind(sid, 'monkeys', alice);
      domain.clock.pass(1_000);
      expect(await domain.bindingService.bind(sid, 'monkeys', alice)).toMatchObject({ ts: domain.clock.now() });
      expect(await domain.hashed(a)).toBe(alice);
    });

    it.each([
      ['an unknown sid', { sid: 'nope' }, 0, 'session_unknown'],
      ['a wrong client secret', { clientSecret: 'apes' }, 0, 'session_unknown'],
      ['an expired session', {}, DAY_MS + 1, 'session_expired'],
    ])('refuses %s', async (_case, wrong, waitMs, code) => {
      const given = { sid: await domain.validated(a, 'monkeys'), clientSecret: 'monkeys', ...wrong };
      domain.clock.pass(waitMs);
      await expect(domain.bindingService.bind(given.sid, given.clientSecret, alice)).rejects.toMatchObject({ code });
      expect(await domain.plain(a)).toBeUndefined();
      expect(await jobs()).toEqual([]);
    });

    it('refuses a session that is not validated', async () => {
      const sid = await domain.validationService.requestToken({
        threepid: a,
        clientSecret: 'monkeys',
        sendAttempt: 1,
        nextLink: undefined,
        user: alice,
        client: '127.0.0.1',
        preferences: { brand: undefined, acceptLanguage: undefined },
      });
      await expect(domain.bindingService.bind(sid, 'monkeys', alice)).rejects.toMatchObject({
        code: 'session_not_validated',
      });
      expect(await domain.hashed(a)).toBeUndefined();
    });
  });

  describe('an address that a directory owns', () => {
    let staff: FakeDirectory;

    beforeEach(async () => {
      staff = new FakeDirectory();
      domain = await openTestDomain({ directories: [staff] });
      staff.put('1', alice, [a]);
    });

    it('may be bound to the user to whom the directory assigns it', async () => {
      expect(await domain.bind(a, alice)).toMatchObject({ mxid: alice });
    });

    it('may not be bound to another user, and the error names the owner', async () => {
      await expect(domain.bind(a, bob)).rejects.toMatchObject({
        code: 'threepid_in_use',
        details: { mxid: alice },
        message: 'The directory of this organisation assigns this address to another user',
      });
      expect(await domain.stores.associations.find([a])).toEqual([]);
      expect(await jobs()).toEqual([]);
    });

    it('may not be bound to another user in another spelling of its mailbox either', async () => {
      staff.put('2', alice, [email('a@bücher.example'), email('a@example.com')]);
      for (const spelling of ['a@xn--bcher-kva.example', 'a@bu\u0308cher.example', 'a@ｅxample.com']) {
        await expect(domain.bind(email(spelling), bob)).rejects.toMatchObject({ code: 'threepid_in_use' });
      }
    });

    it('may not be bound while the directory cannot say who owns it', async () => {
      staff.put('2', bob, [a]);
      await expect(domain.bind(a, alice)).rejects.toMatchObject({ code: 'owner_unclear' });
      expect(await domain.stores.associations.find([a])).toEqual([]);
    });

    it('may not be bound while the directory is down and was never synced', async () => {
      staff.failure = new Error('no route to host');
      await expect(domain.bind(b, alice)).rejects.toMatchObject({ code: 'owner_unreachable', cause: staff.failure });
      expect(await domain.stores.associations.find([b])).toEqual([]);
    });

    it('is checked against the mirror while the directory is down', async () => {
      await domain.mirrorService.sync('staff');
      staff.failure = new Error('no route to host');
      await expect(domain.bind(a, bob)).rejects.toMatchObject({ code: 'threepid_in_use' });
      await domain.bind(a, alice);
      await domain.bind(b, bob);
    });

    it('is looked up as the directory says, even if it was bound to another user before', async () => {
      staff.clear();
      await domain.bind(a, bob);
      expect(await domain.plain(a)).toBe(bob);
      staff.put('1', alice, [a]);
      await domain.mirrorService.sync('staff');
      expect([await domain.plain(a), await domain.hashed(a)]).toEqual([alice, alice]);
    });

    it('may be bound to any user if that is configured, without asking the directory', async () => {
      domain = await openTestDomain({ directories: [staff], directoryOwned: 'allow' });
      staff.failure = new Error('no route to host');
      expect(await domain.bind(a, bob)).toMatchObject({ mxid: bob });
    });

    it('may be bound to any user if the directory does not have it', async () => {
      expect(await domain.bind(b, bob)).toMatchObject({ mxid: bob });
      expect(await domain.plain(b)).toBe(bob);
    });

    it('is refused to other users only once the session is validated, so that strangers learn nothing', async () => {
      await expect(domain.bindingService.bind('nope', 'monkeys', bob)).rejects.toMatchObject({
        code: 'session_unknown',
      });
    });
  });

  it('are possible although an upstream, which is not authoritative, assigns the address to another user', async () => {
    const upstream = { name: 'partner', find: async () => [{ threepid: a, mxid: alice }] };
    domain = await openTestDomain({ sources: [upstream] });
    expect(await domain.bind(a, bob)).toMatchObject({ mxid: bob });
  });

  describe('unbind', () => {
    beforeEach(async () => {
      await domain.bind(a, alice);
    });

    const found = async () => [await domain.hashed(a), await domain.plain(a)];

    it('by the owner of the address removes a binding at once (UNB-2, UNB-8)', async () => {
      await domain.bindingService.unbindBySession(a, alice, await domain.validated(a, 'apes'), 'apes');
      expect(await found()).toEqual([undefined, undefined]);
    });

    it('by the homeserver of the user ends a binding at once (UNB-3, UNB-8)', async () => {
      await domain.bindingService.unbindByHomeserver(a, alice, 'example.org');
      expect(await found()).toEqual([undefined, undefined]);
    });

    it('may be repeated, also for an address that was never bound', async () => {
      await domain.bindingService.unbindByHomeserver(a, alice, 'example.org');
      await domain.bindingService.unbindByHomeserver(a, alice, 'example.org');
      await domain.bindingService.unbindBySession(b, alice, await domain.validated(b, 'apes'), 'apes');
      expect(await found()).toEqual([undefined, undefined]);
    });

    it('does not change a binding of another user (UNB-8)', async () => {
      await domain.bindingService.unbindByHomeserver(a, bob, 'example.org');
      await domain.bindingService.unbindBySession(a, bob, await domain.validated(a, 'apes'), 'apes');
      expect(await found()).toEqual([alice, alice]);
    });

    it('is the same for every spelling of the mailbox that was proven (UNB-2)', async () => {
      const [readable, ascii] = [email('a@bücher.example'), email('a@xn--bcher-kva.example')];
      await domain.bind(readable, alice);
      expect(await domain.hashed(readable)).toBe(alice);
      await domain.bindingService.unbindBySession(ascii, alice, await domain.validated(ascii, 'apes'), 'apes');
      expect([await domain.hashed(readable), await domain.plain(ascii)]).toEqual([undefined, undefined]);
    });

    it('is not for sessions of another address (UNB-2)', async () => {
      const sid = await domain.validated(b, 'apes');
      await expect(domain.bindingService.unbindBySession(a, alice, sid, 'apes')).rejects.toMatchObject({
        code: 'unbind_not_proven',
      });
      expect(await found()).toEqual([alice, alice]);
    });

    it('is not for sessions that prove nothing', async () => {
      await expect(domain.bindingService.unbindBySession(a, alice, 'nope', 'apes')).rejects.toMatchObject({
        code: 'session_unknown',
      });
      expect(await found()).toEqual([alice, alice]);
    });

    it.each(['other.org', 'example.org:8448', 'org', '', 'evil.example.org'])(
      'is not for the homeserver "%s" (UNB-3)',
      async (origin) => {
        await expect(domain.bindingService.unbindByHomeserver(a, alice, origin)).rejects.toMatchObject({
          code: 'unbind_not_proven',
          message: `${origin} may not act for users of example.org`,
        });
        expect(await found()).toEqual([alice, alice]);
      },
    );

    it('is seen by another instance after it catches up', async () => {
      const other = await openTestDomain({ sharedWith: domain });
      await domain.bindingService.unbindByHomeserver(a, alice, 'example.org');
      expect(await other.hashed(a)).toBe(alice);
      await other.indexUpdater.catchUp();
      expect(await other.hashed(a)).toBeUndefined();
    });
  });

  describe('attest', () => {
    it('signs a binding of Islet with the address as it was bound', async () => {
      const bound = await domain.bind(a, alice);
      domain.clock.pass(DAY_MS);
      expect(await domain.bindingService.attest(a, alice)).toEqual(bound);
    });

    it.each([
      ['which has no binding', async () => undefined],
      ['which Islet has for another user', () => domain.bind(a, bob)],
    ])(
      'signs an association for a day for an address %s, valid already for clocks that are behind',
      async (_case, before) => {
        await before();
        const now = domain.clock.now();
        const association = await domain.bindingService.attest(a, alice);
        expect(association).toMatchObject({
          address: 'a@example.org',
          mxid: alice,
          ts: now,
          not_before: now - 300_000,
          not_after: now + DAY_MS,
        });
        expect(await isSigned(association)).toBe(true);
      },
    );
  });

  it('are not found by plain lookups before and after their validity (LOOK-14)', async () => {
    const now = domain.clock.now();
    await domain.stores.associations.bind(
      { threepid: a, mxid: alice, boundAt: now, notBefore: now + 10, notAfter: now + 20 },
      [],
    );
    const seen: unknown[] = [];
    for (const ms of [9, 1, 10, 1]) {
      domain.clock.pass(ms);
      seen.push(await domain.plain(a));
    }
    expect(seen).toEqual([undefined, alice, alice, undefined]);
  });

  it('are removed from hashed lookups after they expire (LOOK-14)', async () => {
    const now = domain.clock.now();
    await domain.bind(b, alice);
    await domain.stores.associations.bind(
      { threepid: a, mxid: alice, boundAt: now, notBefore: now, notAfter: now + DAY_MS },
      [],
    );
    await domain.bindingService.expire();
    expect([await domain.hashed(a), await domain.hashed(b)]).toEqual([alice, alice]);
    domain.clock.pass(DAY_MS + 1);
    await domain.bindingService.expire();
    expect([await domain.hashed(a), await domain.hashed(b)]).toEqual([undefined, alice]);
    expect(await domain.stores.associations.find([a])).toEqual([]);
  });

  it('are a source named "bindings"', async () => {
    await domain.bind(a, alice);
    const pepper = domain.pepperService.current();
    expect(domain.index.find(BINDINGS, pepper, lookupHash(a, pepper))).toBe(alice);
    expect((await domain.lookupService.explain(a)).sources.map(({ source }) => source)).toEqual(['bindings']);
  });
});
