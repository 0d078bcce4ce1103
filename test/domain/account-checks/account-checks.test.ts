import { beforeEach, describe, expect, it } from 'vitest';
import { AccountService } from '../../../src/domain/accounts/account-service.js';
import { BINDINGS } from '../../../src/domain/associations/binding.js';
import type { Mxid } from '../../../src/domain/identifiers/mxid.js';
import { email, type Threepid } from '../../../src/domain/identifiers/threepid.js';
import { alice, bob, FakeDirectory, fakeHomeservers } from '../../support/fakes.js';
import { DAY_MS, type TestDomain, openTestDomain } from '../../support/test-domain.js';
import { FakeSource } from '../../support/sources.js';
import { queued } from '../../support/jobs.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const [a, b, c] = [email('a@example.org'), email('b@example.org'), email('c@example.org')];
const carol: Mxid = '@carol:example.org';

describe('Islet with account checks', () => {
  let staff: FakeDirectory;
  let domain: TestDomain;

  beforeEach(async () => {
    staff = new FakeDirectory();
    domain = await openTestDomain({ directories: [staff], checksAccounts: true });
    staff.put('1', alice, [a]);
    staff.put('2', bob, [b]);
    domain.accounts.existing.add(bob);
    await domain.mirrorService.sync('staff');
  });

  const round = () => domain.checkRunner.run();
  const asked = async () => {
    domain.accounts.asked.length = 0;
    await round();
    return domain.accounts.asked.toSorted();
  };
  const found = async (threepid: Threepid) => ({
    hashed: await domain.hashed(threepid),
    plain: await domain.plain(threepid),
  });
  const notFound = { hashed: undefined, plain: undefined };
  const invite = (address: string) =>
    domain.inviteService.invite({
      asker: { user: bob, client: '192.0.2.1' },
      medium: 'email',
      address,
      roomId: '!room:example.org',
      sender: bob,
      details: {
        sender: bob,
        senderDisplayName: undefined,
        roomName: undefined,
        roomAlias: undefined,
        roomAvatarUrl: undefined,
        roomType: undefined,
      },
      webClient: undefined,
      preferences: { brand: undefined, acceptLanguage: undefined },
    });

  it('finds users who were not checked yet, and later only those with an account', async () => {
    expect(await found(a)).toEqual({ hashed: alice, plain: alice });
    expect(await round()).toEqual([]);
    expect(await found(a)).toEqual(notFound);
    expect(await found(b)).toEqual({ hashed: bob, plain: bob });
  });

  it('also finds only users with an account in the mirror', async () => {
    await round();
    staff.failure = new Error('no route to host');
    expect(await found(a)).toEqual(notFound);
    expect(await found(b)).toEqual({ hashed: bob, plain: bob });
  });

  it('mails an invitation to a person without an account, and delivers it once they have one (INV-2)', async () => {
    await round();
    const { token } = await invite('a@example.org');
    await expect(invite('b@example.org')).rejects.toMatchObject({ code: 'threepid_in_use' });

    domain.accounts.existing.add(alice);
    domain.clock.pass(MINUTE_MS);
    const arrived = await round();
    expect(arrived).toEqual([a]);
    await domain.inviteService.deliverKnown(arrived);
    expect(await found(a)).toEqual({ hashed: alice, plain: alice });
    expect(await queued(domain.stores.jobs, 'invite-mail')).toHaveLength(1);
    expect(await queued(domain.stores.jobs, 'onbind')).toMatchObject([{ invite: token }]);
  });

  it('assigns an address to the user of the directory, with or without an account', async () => {
    await round();
    await expect(domain.bind(a, bob)).rejects.toMatchObject({ code: 'threepid_in_use', details: { mxid: alice } });
    await domain.bind(a, alice);
  });

  it('asks no later source about an address that a directory assigns to a user without an account', async () => {
    await domain.stores.associations.bind({ threepid: a, mxid: bob, boundAt: 0, notBefore: 0, notAfter: 1e15 }, []);
    await domain.indexUpdater.catchUp();
    await round();
    expect(await found(a)).toEqual(notFound);
  });

  describe('the check runner', () => {
    it('asks once in three days about users with an account, and every hour about the others', async () => {
      expect(await asked()).toEqual([alice, bob]);
      domain.clock.pass(HOUR_MS - 1);
      expect(await asked()).toEqual([]);
      domain.clock.pass(1);
      expect(await asked()).toEqual([alice]);
      domain.clock.pass(3 * DAY_MS - HOUR_MS);
      expect(await asked()).toEqual([alice, bob]);
    });

    it('notices that an account was closed', async () => {
      await round();
      domain.accounts.existing.delete(bob);
      domain.clock.pass(3 * DAY_MS);
      await round();
      expect(await found(b)).toEqual(notFound);
    });

    it.each([
      ['by hash', () => domain.hashed(a)],
      ['in clear', () => domain.plain(a)],
    ])('asks soon, and at most once a minute, about users who are looked up %s', async (_case, lookup) => {
      await round();
      await lookup();
      expect(await asked()).toEqual([]);
      domain.clock.pass(MINUTE_MS);
      await lookup();
      await lookup();
      expect(await asked()).toEqual([alice]);
      await lookup();
      expect(await asked()).toEqual([]);
    });

    it('asks every minute about invited users, even without lookups', async () => {
      await round();
      await invite('a@example.org');
      for (let minute = 0; minute < 3; minute++) {
        domain.clock.pass(MINUTE_MS);
        expect(await asked()).toEqual([alice]);
      }
    });

    it('asks about new users first, and about only a few in each run', async () => {
      for (let at = 0; at < 50; at++) staff.put(`n${at}`, `@n${at}:example.org`, [email(`n${at}@example.org`)]);
      await domain.mirrorService.sync('staff');
      expect(await asked()).toHaveLength(20);
      domain.clock.pass(1);
      staff.put('3', carol, [c]);
      await domain.mirrorService.sync('staff');
      expect((await asked()).filter((mxid) => mxid === carol)).toHaveLength(1);
      expect(domain.accounts.asked).toHaveLength(20);
      expect([...(await asked()), ...(await asked())]).toHaveLength(13);
    });

    it('asks about nobody who left the directory', async () => {
      await round();
      staff.remove('1');
      await domain.mirrorService.sync('staff', { isForced: true });
      domain.clock.pass(HOUR_MS);
      expect(await asked()).toEqual([]);
      expect(await domain.accountStatuses.find(alice)).toBeUndefined();
    });
  });

  describe('while a homeserver gives no answer', () => {
    beforeEach(async () => {
      await round();
      domain.accounts.failure = new Error('hs.example.org -> no answer within 10 s');
    });

    it('uses earlier results, and finds new users', async () => {
      staff.put('3', carol, [c]);
      await domain.mirrorService.sync('staff');
      domain.clock.pass(3 * DAY_MS);
      await round();
      expect(await found(a)).toEqual(notFound);
      expect(await found(b)).toEqual({ hashed: bob, plain: bob });
      expect(await found(c)).toEqual({ hashed: carol, plain: carol });
      expect(domain.prober.failures).toEqual(new Map([['example.org', 'hs.example.org -> no answer within 10 s']]));
    });

    it('asks the homeserver less and less often, and logs its failure and its recovery once each', async () => {
      const recorded = (word: string) => domain.telemetry.lines.filter(({ message }) => message.includes(word)).length;
      for (let at = 0; at < 30; at++) staff.put(`n${at}`, `@n${at}:example.org`, [email(`n${at}@example.org`)]);
      await domain.mirrorService.sync('staff');
      domain.clock.pass(HOUR_MS);
      expect((await asked()).length).toBeLessThan(8);
      domain.clock.pass(29_999);
      expect(await asked()).toEqual([]);
      domain.clock.pass(1);
      expect(await asked()).toHaveLength(3);
      domain.clock.pass(59_999);
      expect(await asked()).toEqual([]);
      expect(recorded('account checks failed')).toBe(1);

      domain.accounts.failure = undefined;
      domain.clock.pass(10 * MINUTE_MS);
      expect(await asked()).toHaveLength(3);
      expect(await asked()).toHaveLength(20);
      expect(recorded('account checks work again')).toBe(1);
      expect(domain.prober.failures.size).toBe(0);
    });
  });

  it('counts a sign-in as proof of an account', async () => {
    await round();
    const homeservers = fakeHomeservers(new Map([['token', alice]]));
    const signIn = new AccountService(
      {
        store: domain.stores.accounts,
        homeservers,
        random: domain.random,
        clock: domain.clock,
        quotas: domain.quotas,
      },
      { idleMs: 1 },
      (mxid) => domain.accountStatuses.markExisting(mxid),
    );
    await signIn.register('example.org', 'token');
    expect(await round()).toEqual([a]);
    expect(await domain.hashed(a)).toBe(alice);
  });

  it('revokes the access tokens of users without an account, and no others', async () => {
    await domain.stores.accounts.addToken('of alice', alice, domain.clock.now());
    await domain.stores.accounts.addToken('of bob', bob, domain.clock.now());
    domain.accounts.existing.add(bob);
    domain.accounts.existing.delete(alice);
    domain.accounts.failure = new Error('no answer');
    await round();
    expect(await domain.stores.accounts.find('of alice')).toBe(alice);
    domain.accounts.failure = undefined;
    domain.clock.pass(60 * MINUTE_MS);
    await round();
    expect(await domain.stores.accounts.find('of alice')).toBeUndefined();
    expect(await domain.stores.accounts.find('of bob')).toBe(bob);
  });

  it('has the results of checks after a restart, and on every other instance', async () => {
    const other = await openTestDomain({ directories: [staff], checksAccounts: true, sharedWith: domain });
    expect(await other.hashed(a)).toBe(alice);
    await round();
    await other.checkRunner.run();
    expect(other.accounts.asked).toEqual([]);
    expect(await other.hashed(a)).toBeUndefined();

    const restarted = await openTestDomain({ directories: [staff], checksAccounts: true, sharedWith: domain });
    expect(await restarted.hashed(a)).toBeUndefined();

    domain.accounts.existing.add(alice);
    domain.clock.pass(HOUR_MS);
    await round();
    await other.checkRunner.run();
    expect(await other.hashed(a)).toBe(alice);
  });

  describe('an explanation', () => {
    const explained = async (threepid: Threepid) => {
      const { mxid, sources } = await domain.lookupService.explain(threepid);
      const [stage] = sources;
      return [mxid, stage?.outcome, stage?.decides, stage?.accountUnverified, stage?.traces[0]?.account];
    };

    it('contains the state of the account and the time of its check', async () => {
      const unknown = { mxid: alice, exists: undefined, answeredAt: undefined };
      expect(await explained(a)).toEqual([alice, 'answered', true, false, unknown]);
      await round();
      const answeredAt = domain.clock.now();
      domain.clock.pass(MINUTE_MS);
      expect(await explained(a)).toEqual([
        undefined,
        'absent',
        true,
        false,
        { mxid: alice, exists: false, answeredAt },
      ]);
      expect(await explained(b)).toEqual([bob, 'answered', true, false, { mxid: bob, exists: true, answeredAt }]);
    });
  });
});

describe('Islet without account checks', () => {
  it('finds all users, and says that accounts are not verified', async () => {
    const staff = new FakeDirectory();
    const domain = await openTestDomain({ directories: [staff] });
    staff.put('1', alice, [a]);
    await domain.mirrorService.sync('staff');
    expect(await domain.hashed(a)).toBe(alice);
    const { sources } = await domain.lookupService.explain(a);
    expect(sources.map(({ source, accountUnverified }) => [source, accountUnverified])).toEqual([
      ['staff', true],
      [BINDINGS, false],
    ]);
    expect(domain.accounts.asked).toEqual([]);
  });
});

describe('accounts of a source that cannot be listed', () => {
  it.each([
    ['an owner', true, undefined],
    ['no owner', false, bob],
  ])(
    'are checked after their first lookup; if the result is %s, later sources answer %s',
    async (_case, isAuthoritative, answer) => {
      const hr = new FakeSource('hr', [[a, alice]], isAuthoritative);
      const domain = await openTestDomain({ sources: [hr, new FakeSource('other', [[a, bob]])], checksAccounts: true });
      domain.accounts.existing.add(bob);
      expect(await domain.plain(a)).toBe(alice);
      await domain.checkRunner.run();
      domain.clock.pass(MINUTE_MS);
      await domain.checkRunner.run();
      expect(domain.accounts.asked).toContain(alice);
      expect(await domain.plain(a)).toBe(answer);
      expect(await domain.hashed(a)).toBe(answer);

      domain.accounts.existing.add(alice);
      domain.clock.pass(HOUR_MS);
      expect(await domain.checkRunner.run()).toBeUndefined();
      expect(await domain.plain(a)).toBe(alice);
    },
  );
});

describe('Islet with account checks of its own bindings', () => {
  let domain: TestDomain;

  beforeEach(async () => {
    domain = await openTestDomain({ checksBindings: true });
    for (const mxid of [alice, bob]) domain.accounts.existing.add(mxid);
    await domain.bind(a, alice);
    await domain.bind(b, bob);
    await domain.checkRunner.run();
  });

  const found = async (threepid: Threepid) => [await domain.hashed(threepid), await domain.plain(threepid)];
  const deactivate = async () => {
    domain.accounts.existing.delete(alice);
    domain.clock.pass(3 * DAY_MS);
    await domain.checkRunner.run();
  };

  it('finds users until their homeserver has no account of them, and again once it has', async () => {
    expect(await found(a)).toEqual([alice, alice]);
    await deactivate();
    expect(await found(a)).toEqual([undefined, undefined]);
    expect(await found(b)).toEqual([bob, bob]);
    expect(await domain.stores.associations.find([a])).toHaveLength(1);

    domain.accounts.existing.add(alice);
    domain.clock.pass(HOUR_MS);
    await domain.checkRunner.run();
    expect(await found(a)).toEqual([alice, alice]);
  });

  it('checks a user soon after a lookup, but at most every five minutes', async () => {
    domain.accounts.existing.delete(alice);
    domain.clock.pass(5 * MINUTE_MS + 1);
    await domain.checkRunner.run();
    expect(await found(a)).toEqual([alice, alice]);
    await domain.checkRunner.run();
    expect(await found(a)).toEqual([undefined, undefined]);

    domain.clock.pass(5 * MINUTE_MS + 1);
    domain.accounts.asked.length = 0;
    for (let round = 0; round < 5; round++) {
      expect(await found(b)).toEqual([bob, bob]);
      domain.clock.pass(MINUTE_MS / 2);
      await domain.checkRunner.run();
    }
    expect(domain.accounts.asked.filter((mxid) => mxid === bob)).toEqual([bob]);
  });

  it('lets the owner of the mailbox bind the address of a deactivated user', async () => {
    await deactivate();
    await domain.bind(a, carol);
    expect(await found(a)).toEqual([carol, carol]);
  });

  it('no longer checks a user after an unbind', async () => {
    await domain.bindingService.unbindByOperator(a, alice);
    domain.clock.pass(3 * DAY_MS);
    domain.accounts.asked.length = 0;
    await domain.checkRunner.run();
    expect(domain.accounts.asked).toEqual([bob]);
    expect(await domain.stores.accountStatuses.find([alice])).toEqual([]);
  });
});

it('Islet finds bindings of users without an account if accounts of bindings are not checked', async () => {
  const domain = await openTestDomain();
  await domain.bind(a, alice);
  domain.clock.pass(3 * DAY_MS);
  await domain.checkRunner.run();
  expect(await domain.hashed(a)).toBe(alice);
  expect(domain.accounts.asked).toEqual([]);
});
