import { beforeEach, describe, expect, it } from 'vitest';
import { Accounts } from '../../src/domain/accounts.js';
import { BINDINGS } from '../../src/domain/association.js';
import type { Mxid } from '../../src/domain/mxid.js';
import { email, type Threepid } from '../../src/domain/threepid.js';
import { alice, bob, FakeDirectory, fakeHomeservers } from '../support/fakes.js';
import { DAY_MS, type House, openHouse } from '../support/house.js';
import { FakeSource } from '../support/sources.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const [a, b, c] = [email('a@example.org'), email('b@example.org'), email('c@example.org')];
const carol: Mxid = '@carol:example.org';

describe('with accounts checked', () => {
  let staff: FakeDirectory;
  let house: House;

  beforeEach(async () => {
    staff = new FakeDirectory();
    house = await openHouse({ directories: [staff], checksAccounts: true });
    staff.put('1', alice, [a]);
    staff.put('2', bob, [b]);
    house.accounts.existing.add(bob);
    await house.mirrors.sync('staff');
  });

  const round = () => house.rounds.run();
  const asked = async () => {
    house.accounts.asked.length = 0;
    await round();
    return house.accounts.asked.toSorted();
  };
  const found = async (threepid: Threepid) => ({
    hashed: await house.hashed(threepid),
    plain: await house.plain(threepid),
  });
  const nobody = { hashed: undefined, plain: undefined };
  const invite = (address: string) =>
    house.invites.invite({
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

  it('answers whom nobody has asked about yet, and then only those who have an account', async () => {
    expect(await found(a)).toEqual({ hashed: alice, plain: alice });
    expect(await round()).toEqual([]);
    expect(await found(a)).toEqual(nobody);
    expect(await found(b)).toEqual({ hashed: bob, plain: bob });
  });

  it('answers also from the mirror only those who have an account', async () => {
    await round();
    staff.failure = new Error('no route to host');
    expect(await found(a)).toEqual(nobody);
    expect(await found(b)).toEqual({ hashed: bob, plain: bob });
  });

  it('mails an invitation to whoever has no account, and hands it over once she has one (INV-2)', async () => {
    await round();
    const { token } = await invite('a@example.org');
    await expect(invite('b@example.org')).rejects.toMatchObject({ reason: 'threepid_in_use' });

    house.accounts.existing.add(alice);
    house.clock.pass(MINUTE_MS);
    const arrived = await round();
    expect(arrived).toEqual([a]);
    await house.invites.deliverKnown(arrived);
    expect(await found(a)).toEqual({ hashed: alice, plain: alice });
    const jobs = await house.stores.jobs.take(house.clock.now(), house.clock.now() + 1, 10);
    expect(jobs.map(({ kind, payload }) => [kind, payload['invite']])).toEqual([
      ['invite-mail', undefined],
      ['onbind', token],
    ]);
  });

  it('leaves an address to whom the directory gives it, account or not', async () => {
    await round();
    await expect(house.bind(a, bob)).rejects.toMatchObject({ reason: 'threepid_in_use', details: { mxid: alice } });
    await house.bind(a, alice);
  });

  it('asks no later source whose an address is that a directory gives to somebody without an account', async () => {
    await house.stores.associations.bind({ threepid: a, mxid: bob, boundAt: 0, notBefore: 0, notAfter: 1e15 }, []);
    await house.keeper.catchUp();
    await round();
    expect(await found(a)).toEqual(nobody);
  });

  describe('asks', () => {
    it('once in three days about those who have an account, every hour about the others', async () => {
      expect(await asked()).toEqual([alice, bob]);
      house.clock.pass(HOUR_MS - 1);
      expect(await asked()).toEqual([]);
      house.clock.pass(1);
      expect(await asked()).toEqual([alice]);
      house.clock.pass(3 * DAY_MS - HOUR_MS);
      expect(await asked()).toEqual([alice, bob]);
    });

    it('notices that an account was closed', async () => {
      await round();
      house.accounts.existing.delete(bob);
      house.clock.pass(3 * DAY_MS);
      await round();
      expect(await found(b)).toEqual(nobody);
    });

    it.each([
      ['by hash', () => house.hashed(a)],
      ['in clear', () => house.plain(a)],
    ])('soon, and at most once a minute, about whoever is looked up %s', async (_case, lookup) => {
      await round();
      await lookup();
      expect(await asked()).toEqual([]);
      house.clock.pass(MINUTE_MS);
      await lookup();
      await lookup();
      expect(await asked()).toEqual([alice]);
      await lookup();
      expect(await asked()).toEqual([]);
    });

    it('every minute about whoever is invited, although nobody looks for her', async () => {
      await round();
      await invite('a@example.org');
      for (let minute = 0; minute < 3; minute++) {
        house.clock.pass(MINUTE_MS);
        expect(await asked()).toEqual([alice]);
      }
    });

    it('about a newcomer before all others, and about no more than a few in a round', async () => {
      for (let at = 0; at < 50; at++) staff.put(`n${at}`, `@n${at}:example.org`, [email(`n${at}@example.org`)]);
      await house.mirrors.sync('staff');
      expect(await asked()).toHaveLength(20);
      house.clock.pass(1);
      staff.put('3', carol, [c]);
      await house.mirrors.sync('staff');
      expect((await asked()).filter((mxid) => mxid === carol)).toHaveLength(1);
      expect(house.accounts.asked).toHaveLength(20);
      expect([...(await asked()), ...(await asked())]).toHaveLength(13);
    });

    it('nobody about those who have left the directory', async () => {
      await round();
      staff.remove('1');
      await house.mirrors.sync('staff', { isForced: true });
      house.clock.pass(HOUR_MS);
      expect(await asked()).toEqual([]);
      expect(await house.checks.find(alice)).toBeUndefined();
    });
  });

  describe('while a homeserver gives no answer', () => {
    beforeEach(async () => {
      await round();
      house.accounts.failure = new Error('hs.example.org -> no answer within 10 s');
    });

    it('goes on with what was known, and answers whoever is new', async () => {
      staff.put('3', carol, [c]);
      await house.mirrors.sync('staff');
      house.clock.pass(3 * DAY_MS);
      await round();
      expect(await found(a)).toEqual(nobody);
      expect(await found(b)).toEqual({ hashed: bob, plain: bob });
      expect(await found(c)).toEqual({ hashed: carol, plain: carol });
      expect(house.questions.failures).toEqual(new Map([['example.org', 'hs.example.org -> no answer within 10 s']]));
    });

    it('leaves it alone for longer and longer, says so once, and says when it answers again', async () => {
      const heard = (word: string) => house.telemetry.lines.filter(({ message }) => message.includes(word)).length;
      for (let at = 0; at < 30; at++) staff.put(`n${at}`, `@n${at}:example.org`, [email(`n${at}@example.org`)]);
      await house.mirrors.sync('staff');
      house.clock.pass(HOUR_MS);
      expect((await asked()).length).toBeLessThan(8);
      house.clock.pass(29_999);
      expect(await asked()).toEqual([]);
      house.clock.pass(1);
      expect(await asked()).toHaveLength(3);
      house.clock.pass(59_999);
      expect(await asked()).toEqual([]);
      expect(heard('does not say which accounts')).toBe(1);

      house.accounts.failure = undefined;
      house.clock.pass(10 * MINUTE_MS);
      expect(await asked()).toHaveLength(3);
      expect(await asked()).toHaveLength(20);
      expect(heard('says again which accounts')).toBe(1);
      expect(house.questions.failures.size).toBe(0);
    });
  });

  it('takes a homeserver at its word when somebody signs in', async () => {
    await round();
    const homeservers = fakeHomeservers(new Map([['token', alice]]));
    const signIn = new Accounts(house.stores.accounts, homeservers, house.random, house.clock, (mxid) =>
      house.checks.vouch(mxid),
    );
    await signIn.register('example.org', 'token');
    expect(await round()).toEqual([a]);
    expect(await house.hashed(a)).toBe(alice);
  });

  it('knows after a restart, and in every other instance', async () => {
    const other = await openHouse({ directories: [staff], checksAccounts: true, besides: house });
    expect(await other.hashed(a)).toBe(alice);
    await round();
    await other.rounds.run();
    expect(other.accounts.asked).toEqual([]);
    expect(await other.hashed(a)).toBeUndefined();

    const restarted = await openHouse({ directories: [staff], checksAccounts: true, besides: house });
    expect(await restarted.hashed(a)).toBeUndefined();

    house.accounts.existing.add(alice);
    house.clock.pass(HOUR_MS);
    await round();
    await other.rounds.run();
    expect(await other.hashed(a)).toBe(alice);
  });

  describe('explains', () => {
    const explained = async (threepid: Threepid) => {
      const { mxid, stages } = await house.lookups.explain(threepid);
      const [stage] = stages;
      return [mxid, stage?.outcome, stage?.decides, stage?.isHearsay, stage?.evidence[0]?.account];
    };

    it('what is known of the account, and since when', async () => {
      const unknown = { mxid: alice, exists: undefined, answeredAt: undefined };
      expect(await explained(a)).toEqual([alice, 'answered', true, false, unknown]);
      await round();
      const answeredAt = house.clock.now();
      house.clock.pass(MINUTE_MS);
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

describe('with accounts not checked', () => {
  it('answers everybody, and says that it is the word of the directory alone', async () => {
    const staff = new FakeDirectory();
    const house = await openHouse({ directories: [staff] });
    staff.put('1', alice, [a]);
    await house.mirrors.sync('staff');
    expect(await house.hashed(a)).toBe(alice);
    const { stages } = await house.lookups.explain(a);
    expect(stages.map(({ source, isHearsay }) => [source, isHearsay])).toEqual([
      ['staff', true],
      [BINDINGS, false],
    ]);
    expect(house.accounts.asked).toEqual([]);
  });
});

describe('accounts of a source that cannot be listed', () => {
  it.each([
    ['an owner', true, undefined],
    ['no owner', false, bob],
  ])('are asked for once they are met; if it is %s, later sources say %s', async (_case, isOwner, answer) => {
    const hr = new FakeSource('hr', [[a, alice]], isOwner);
    const house = await openHouse({ sources: [hr, new FakeSource('other', [[a, bob]])], checksAccounts: true });
    house.accounts.existing.add(bob);
    expect(await house.plain(a)).toBe(alice);
    await house.rounds.run();
    house.clock.pass(MINUTE_MS);
    await house.rounds.run();
    expect(house.accounts.asked).toContain(alice);
    expect(await house.plain(a)).toBe(answer);
    expect(await house.hashed(a)).toBe(answer);

    house.accounts.existing.add(alice);
    house.clock.pass(HOUR_MS);
    expect(await house.rounds.run()).toBeUndefined();
    expect(await house.plain(a)).toBe(alice);
  });
});
