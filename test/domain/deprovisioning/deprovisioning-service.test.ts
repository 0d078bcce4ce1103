import { beforeEach, describe, expect, it } from 'vitest';
import { BINDINGS } from '../../../src/domain/associations/binding.js';
import type { Mxid } from '../../../src/domain/identifiers/mxid.js';
import { email, type Threepid } from '../../../src/domain/identifiers/threepid.js';
import { alice, bob, FakeDirectory } from '../../support/fakes.js';
import { type TestDomain, openTestDomain } from '../../support/test-domain.js';
import { queued, takeAll } from '../../support/jobs.js';

const MINUTE_MS = 60_000;
const smithb: Mxid = '@smithb:example.org';
const [work, home] = [email('b.smith@example.org'), email('bob@home.example')];
const bill = email('bill.smith@example.org');

describe('a person who left their directory', () => {
  let staff: FakeDirectory;
  let domain: TestDomain;

  beforeEach(async () => {
    staff = new FakeDirectory();
    for (const name of ['x', 'y', 'z']) staff.put(name, `@${name}:example.org`, [email(`${name}@example.org`)]);
    staff.put('A', smithb, [work]);
    domain = await openTestDomain({ directories: [staff] });
    await sync();
  });

  /** Syncs some time after all earlier steps. */
  const sync = async (source = 'staff') => {
    domain.clock.pass(MINUTE_MS);
    return domain.sync(source);
  };
  const found = async (threepid = home) => [await domain.hashed(threepid), await domain.plain(threepid)];
  const leaves = async () => {
    staff.remove('A');
    await sync();
  };
  const newcomer = async () => {
    staff.put('B', smithb, [bill]);
    await sync();
  };
  const invite = async ({ address }: Threepid, sender = alice) => {
    domain.clock.pass(1);
    const details = { sender, roomName: undefined, roomAlias: undefined, roomAvatarUrl: undefined };
    const { token } = await domain.inviteService.invite({
      asker: { user: sender, client: '192.0.2.1' },
      medium: 'email',
      address,
      roomId: '!room:example.org',
      sender,
      details: { ...details, senderDisplayName: undefined, roomType: undefined },
      webClient: undefined,
      preferences: { brand: undefined, acceptLanguage: undefined },
    });
    return token;
  };
  /** The invitations in queued notifications of homeservers, and their users. */
  const handedOver = async () => {
    const taken = await takeAll(domain.stores.jobs, domain.clock.now());
    for (const { kind, payload } of taken) {
      if (kind === 'notify-bound') await domain.inviteService.notifyBound(email(payload.address), payload.mxid);
    }
    const more = await queued(domain.stores.jobs, 'onbind');
    return [...taken.flatMap(({ kind, payload }) => (kind === 'onbind' ? payload : [])), ...more]
      .filter(({ invite }) => invite !== null)
      .map(({ invite, mxid }) => [invite, mxid]);
  };
  const isRefused = (code: string) => expect.objectContaining({ code }) as unknown;

  describe('has bindings that', () => {
    beforeEach(async () => {
      await domain.bind(home, smithb);
    });

    it('are not found by hashed or plain lookups after a sync without the entry (LOOK-14)', async () => {
      const before = await domain.stores.feed.position();
      await leaves();
      expect([await found(), await found(work)]).toEqual([
        [undefined, undefined],
        [undefined, undefined],
      ]);
      const changes = (await domain.stores.feed.since(before))?.changes.filter(({ source }) => source === BINDINGS);
      expect(changes).toMatchObject([{ removed: [{ threepid: home, mxid: smithb }], added: [] }]);
      expect(domain.telemetry.all('people left the directory or returned')).toEqual([
        { source: 'staff', departed: 1, returned: 0, suspended: 1, resumed: 0 },
      ]);
      expect(domain.telemetry.counted).toContainEqual({ name: 'bindings_suspended', labels: { source: 'staff' } });
    });

    it('never pass to a new person with the same user ID, whose own address is found', async () => {
      await leaves();
      await newcomer();
      expect([await found(bill), await found(home), await found(work)]).toEqual([
        [smithb, smithb],
        [undefined, undefined],
        [undefined, undefined],
      ]);
    });

    it('do not pass to a person who takes the user ID in the same sync', async () => {
      staff.remove('A');
      staff.put('B', smithb, [bill]);
      await sync();
      expect([await found(bill), await found(home)]).toEqual([
        [smithb, smithb],
        [undefined, undefined],
      ]);
    });

    it('do not pass to a person who appears before the leaver is missed, even with the work address', async () => {
      staff.put('B', smithb, [work]);
      await sync();
      await leaves();
      expect([await found(work), await found(home)]).toEqual([
        [smithb, smithb],
        [undefined, undefined],
      ]);
    });

    it('are resumed when the entry is back, even after a new person had the user ID', async () => {
      await leaves();
      await newcomer();
      staff.remove('B');
      await sync();
      domain.clock.pass(200 * 24 * 60 * MINUTE_MS);
      staff.put('A', smithb, [work]);
      await sync();
      expect(await found()).toEqual([smithb, smithb]);
      expect(domain.telemetry.counted).toContainEqual({ name: 'bindings_resumed', labels: { source: 'staff' } });
    });

    it('stay suspended while the entry is back but another person also has the user ID', async () => {
      await leaves();
      await newcomer();
      staff.put('A', smithb, [work]);
      await sync();
      expect(await found()).toEqual([undefined, undefined]);
      staff.remove('B');
      await sync();
      expect(await found()).toEqual([smithb, smithb]);
    });

    it.each([
      [
        'has another name, because a rename in the directory does not rename a Matrix account',
        () => staff.put('A', '@bob.smith:example.org', [work]),
      ],
      ['no longer has a name', () => staff.put('A', undefined, [work])],
      [
        'has an id that differs only in case',
        () => {
          staff.remove('A');
          staff.put('a', smithb, [work]);
        },
      ],
    ])('are suspended when the entry %s', async (_case, change) => {
      change();
      await sync();
      expect(await found()).toEqual([undefined, undefined]);
      staff.remove('a');
      staff.put('A', smithb, [work]);
      await sync();
      expect(await found()).toEqual([smithb, smithb]);
    });

    it('are suspended and resumed on other instances through the change feed', async () => {
      const other = await openTestDomain({ directories: [staff], sharedWith: domain });
      await leaves();
      await other.indexUpdater.catchUp();
      expect(await other.hashed(home)).toBeUndefined();
      expect(await (await openTestDomain({ directories: [staff], sharedWith: domain })).hashed(home)).toBeUndefined();
      staff.put('A', smithb, [work]);
      await sync();
      await other.indexUpdater.catchUp();
      expect(await other.hashed(home)).toBe(smithb);
    });

    it('are suspended by the next sync if the previous one was interrupted', async () => {
      staff.remove('A');
      await domain.deprovisioningService.recordAssignments('staff');
      await domain.mirrorService.sync('staff');
      expect(await found()).toEqual([smithb, smithb]);
      await sync();
      expect(await found()).toEqual([undefined, undefined]);
    });

    it('move to another user who proves the address, and stay there', async () => {
      await leaves();
      await domain.bind(home, bob);
      expect(await found()).toEqual([bob, bob]);
      staff.put('A', smithb, [work]);
      await sync();
      expect(await found()).toEqual([bob, bob]);
    });

    it('are removed when the homeserver unbinds them, and are not resumed', async () => {
      await leaves();
      await domain.bindingService.unbindByHomeserver(home, smithb, 'example.org');
      staff.put('A', smithb, [work]);
      await sync();
      expect(await found()).toEqual([undefined, undefined]);
      expect(await domain.stores.associations.find([home])).toEqual([]);
    });

    it('are shown in explanations, and are never signed', async () => {
      await leaves();
      const { sources, mxid } = await domain.lookupService.explain(home);
      expect(mxid).toBeUndefined();
      expect(sources.find(({ source }) => source === BINDINGS)?.traces).toMatchObject([
        { finding: undefined, suspended: { mxid: smithb, since: domain.clock.now(), source: 'staff' } },
      ]);
      expect(await domain.bindingService.isSuspended(home, smithb)).toBe(true);
    });

    it.each([
      ['the guards refuse the sync', () => staff.clear()],
      ['the listing breaks half-way', () => void (staff.breaksAfter = 1)],
      ['the directory cannot be read', () => void (staff.failure = new Error('no route to host'))],
    ])('stay active when %s', async (_case, breaks) => {
      breaks();
      expect((await sync()).isApplied).toBe(false);
      expect(await domain.hashed(home)).toBe(smithb);
      expect(await domain.stores.associations.find([home])).not.toHaveProperty('0.suspended');
    });

    it('stay active after a dry run', async () => {
      staff.remove('A');
      await domain.sync('staff', { isDryRun: true });
      expect(await found()).toEqual([smithb, smithb]);
    });

    it('stay active when the source is removed from the configuration, whatever another source says', async () => {
      const partners = new FakeDirectory('partners');
      for (const name of ['p', 'q']) partners.put(name, `@${name}:example.org`, [email(`${name}@partner.example`)]);
      domain = await openTestDomain({ directories: [partners], sharedWith: domain });
      await sync('partners');
      expect(await found()).toEqual([smithb, smithb]);
    });

    it.each([
      ['under another name', 'A'],
      ['from another server, where entries have other ids', 'new'],
    ])('stay with the person when the source is configured %s', async (_case, id) => {
      await domain.stores.accounts.addToken('token', smithb, domain.clock.now());
      const people = new FakeDirectory('people');
      for (const name of ['x', 'y', 'z']) people.put(name, `@${name}:example.org`, [email(`${name}@example.org`)]);
      people.put(id, smithb, [work]);
      domain = await openTestDomain({ directories: [people], sharedWith: domain });
      await sync('people');
      expect([await found(), await domain.stores.accounts.find('token')]).toEqual([[smithb, smithb], smithb]);
      people.remove(id);
      await sync('people');
      expect(await found()).toEqual([undefined, undefined]);
      people.put(id, smithb, [work]);
      await sync('people');
      expect(await found()).toEqual([smithb, smithb]);
    });

    it.each([
      ['after', true],
      ['in the same sync as', false],
    ])('do not pass to a person with the user ID %s a person whose source was renamed', async (_case, isAfter) => {
      await sync();
      const people = new FakeDirectory('people');
      for (const name of ['x', 'y', 'z']) people.put(name, `@${name}:example.org`, [email(`${name}@example.org`)]);
      people.put('A', smithb, [work]);
      domain = await openTestDomain({ directories: [people], sharedWith: domain });
      await sync('people');
      expect(await found()).toEqual([smithb, smithb]);
      people.remove('A');
      if (isAfter) await sync('people');
      people.put('B', smithb, [bill]);
      await sync('people');
      expect([await found(), await found(bill)]).toEqual([
        [undefined, undefined],
        [smithb, smithb],
      ]);
      const billsAddress = email('bill@home.example');
      await domain.bind(billsAddress, smithb);
      await sync('people');
      expect(await found(billsAddress)).toEqual([smithb, smithb]);
      people.remove('B');
      people.put('A', smithb, [work]);
      await sync('people');
      expect(await found()).toEqual([smithb, smithb]);
    });

    it.each([
      ['nobody else', false],
      ['somebody else', true],
    ])(
      'do not pass to a person with the user ID of a leaver whose source was renamed, if %s has data here',
      async (_who, isOther) => {
        await sync();
        const people = new FakeDirectory('people');
        for (const name of ['x', 'y', 'z']) people.put(name, `@${name}:example.org`, [email(`${name}@example.org`)]);
        domain = await openTestDomain({ directories: [people], sharedWith: domain });
        if (isOther) await domain.bind(email('x@home.example'), '@x:example.org');
        await sync('people');
        people.put('B', smithb, [bill]);
        await sync('people');
        expect([await found(), await found(bill)]).toEqual([
          [undefined, undefined],
          [smithb, smithb],
        ]);
      },
    );

    it('stay suspended and with the person when the source is renamed in the configuration', async () => {
      await leaves();
      const people = new FakeDirectory('people');
      for (const name of ['x', 'y', 'z']) people.put(name, `@${name}:example.org`, [email(`${name}@example.org`)]);
      people.put('B', smithb, [bill]);
      domain = await openTestDomain({ directories: [people], sharedWith: domain });
      await sync('people');
      expect(await found()).toEqual([undefined, undefined]);
      people.remove('B');
      people.put('A', smithb, [work]);
      await sync('people');
      expect(await found()).toEqual([smithb, smithb]);
    });

    it('stay active while another directory has the same person, and resume with either', async () => {
      const partners = new FakeDirectory('partners');
      for (const name of ['p', 'q']) partners.put(name, `@${name}:example.org`, [email(`${name}@partner.example`)]);
      partners.put('P', smithb, [work]);
      domain = await openTestDomain({ directories: [staff, partners], sharedWith: domain });
      await sync('partners');
      await leaves();
      expect(await found()).toEqual([smithb, smithb]);
      partners.remove('P');
      await sync('partners');
      expect(await found()).toEqual([undefined, undefined]);
      staff.put('A', smithb, [work]);
      await sync();
      expect(await found()).toEqual([smithb, smithb]);
    });

    it('do not pass to a person with the same user ID in another directory', async () => {
      const partners = new FakeDirectory('partners');
      for (const name of ['p', 'q']) partners.put(name, `@${name}:example.org`, [email(`${name}@partner.example`)]);
      partners.put('P', smithb, [bill]);
      domain = await openTestDomain({ directories: [staff, partners], sharedWith: domain });
      await sync('partners');
      await leaves();
      expect([await found(bill), await found(home)]).toEqual([
        [smithb, smithb],
        [undefined, undefined],
      ]);
    });
  });

  it.each([
    ['a user of another homeserver', '@guest:elsewhere.example'],
    ['a user whom the directory never had', '@bot:example.org'],
  ] as const)('is not %s', async (_case, user) => {
    await domain.bind(home, user);
    await sync();
    await leaves();
    expect(await found()).toEqual([user, user]);
    expect(await domain.deprovisioningService.directoryStatus(user)).toEqual({ kind: 'unknown' });
  });

  it('is not a person who is missing in a list of addresses, because such a list has nobody without an address', async () => {
    staff.hasStableIds = false;
    domain = await openTestDomain({ directories: [staff] });
    await sync();
    await domain.bind(home, smithb);
    await leaves();
    expect(await found()).toEqual([smithb, smithb]);
    expect(await domain.stores.assignments.find([smithb])).toEqual([]);
  });

  it('is recorded at the next sync for bindings made before recording began', async () => {
    const binding = { threepid: home, mxid: smithb, boundAt: 1, notBefore: 1, notAfter: 1e15 };
    await domain.stores.associations.bind(binding, []);
    await domain.indexUpdater.catchUp();
    await leaves();
    expect(await found()).toEqual([undefined, undefined]);
  });

  it('is not a person whose entry only has another id, as after a move to another server', async () => {
    for (let i = 0; i < 12; i++) staff.put(`old ${i}`, `@p${i}:example.org`, [email(`p${i}@example.org`)]);
    await sync();
    await domain.bind(home, '@p3:example.org');
    for (let i = 0; i < 12; i++) {
      staff.remove(`old ${i}`);
      staff.put(`new ${i}`, `@p${i}:example.org`, [email(`p${i}@example.org`)]);
    }
    await sync();
    expect(await found()).toEqual(['@p3:example.org', '@p3:example.org']);
    expect(domain.telemetry.all('ids of the entries changed: people are recognised by their user ID')).toEqual([
      { source: 'staff', people: 12 },
    ]);
    staff.remove('new 3');
    await sync();
    expect(await found()).toEqual([undefined, undefined]);
  });

  it.each([
    ['', []],
    [', nor a person with the same user ID in another directory', [email('smithb@partner.example')]],
  ])('is not a person of a small directory whose entries all get new ids%s', async (_case, otherIds) => {
    const partners = new FakeDirectory('partners');
    for (const name of ['p', 'q']) partners.put(name, `@${name}:example.org`, [email(`${name}@partner.example`)]);
    await domain.bind(home, smithb);
    await sync();
    if (otherIds.length > 0) partners.put('P', smithb, otherIds);
    domain = await openTestDomain({ directories: [staff, partners], sharedWith: domain });
    await sync('partners');
    for (const name of ['x', 'y', 'z']) {
      staff.remove(name);
      staff.put(`new ${name}`, `@${name}:example.org`, [email(`${name}@example.org`)]);
    }
    staff.remove('A');
    staff.put('new A', smithb, [work]);
    await sync();
    expect(await found()).toEqual([smithb, smithb]);
  });

  it('is each person who was replaced by another one between two syncs, even a dozen in a large directory', async () => {
    for (let i = 0; i < 30; i++) staff.put(`old ${i}`, `@p${i}:example.org`, [email(`p${i}@example.org`)]);
    await sync();
    await domain.bind(home, '@p3:example.org');
    for (let i = 0; i < 12; i++) {
      staff.remove(`old ${i}`);
      staff.put(`new ${i}`, `@p${i}:example.org`, [email(`q${i}@example.org`)]);
    }
    await domain.sync('staff', { isForced: true });
    expect(await found()).toEqual([undefined, undefined]);
  });

  describe('is prevented from', () => {
    it('binding while no person has the user ID, also by an operator', async () => {
      await leaves();
      await expect(domain.bind(home, smithb)).rejects.toEqual(isRefused('user_left'));
      await expect(domain.bindingService.bindByOperator(home, smithb)).rejects.toEqual(isRefused('user_left'));
      expect(await domain.stores.associations.find([home])).toEqual([]);
    });

    it('using a session of the leaver for the new person, who must validate again', async () => {
      const sid = await domain.validated(home, 'monkeys');
      await leaves();
      await newcomer();
      await expect(domain.bindingService.bind(sid, 'monkeys', smithb)).rejects.toEqual(isRefused('session_not_theirs'));
      expect(await found()).toEqual([undefined, undefined]);
      expect(await domain.bind(home, smithb)).toMatchObject({ mxid: smithb });
    });

    it('acting for the new person with an access token, and accepting terms for them', async () => {
      const { accounts, terms } = domain.stores;
      await accounts.addToken('token of A', smithb, domain.clock.now());
      await terms.accept(smithb, ['https://example.org/terms'], domain.clock.now());
      await leaves();
      expect(await accounts.find('token of A')).toBeUndefined();
      expect(await terms.hasAccepted(smithb, [['https://example.org/terms']])).toBe(true);
      await accounts.addToken('token of the time between', smithb, domain.clock.now());
      await newcomer();
      expect(await accounts.find('token of the time between')).toBeUndefined();
      expect(await terms.hasAccepted(smithb, [['https://example.org/terms']])).toBe(false);
      await accounts.addToken('token of B', smithb, domain.clock.now());
      await sync();
      expect(await accounts.find('token of B')).toBe(smithb);
    });
  });

  it('may use an old session after returning, if no one else had the user ID', async () => {
    const sid = await domain.validated(home, 'monkeys');
    await leaves();
    staff.put('A', smithb, [work]);
    await sync();
    expect(await domain.bindingService.bind(sid, 'monkeys', smithb)).toMatchObject({ mxid: smithb });
  });

  describe('alone receives', () => {
    it('an invitation to a suspended address: it goes to the same person only', async () => {
      await domain.bind(home, smithb);
      await handedOver();
      await leaves();
      const token = await invite(home);
      await newcomer();
      await domain.inviteService.deliverKnown();
      expect(await handedOver()).toEqual([]);
      // The new person has the mailbox, too.
      await domain.bindingService.bind(await domain.validated(home, 'apes'), 'apes', smithb);
      expect(await handedOver()).toEqual([]);
      expect(await domain.deprovisioningService.formerOwners([home])).toEqual(
        new Map([['bob@home.example email', { mxid: smithb, source: 'staff', since: expect.any(Number) as number }]]),
      );
      expect((await domain.stores.invites.get(token))?.deliveredAt).toBeUndefined();
    });

    it('an invitation to an address of the directory, even if a new person has it now', async () => {
      await leaves();
      const token = await invite(work);
      const announced = await invite(bill);
      staff.put('B', smithb, [bill, work]);
      await sync();
      expect(await handedOver()).toEqual([[announced, smithb]]);
      staff.remove('B');
      await sync();
      staff.put('A', smithb, [work]);
      await sync();
      expect(await handedOver()).toEqual([[token, smithb]]);
    });

    it('an invitation to a suspended address, which is delivered on the return', async () => {
      await domain.bind(home, smithb);
      await handedOver();
      await leaves();
      const token = await invite(home);
      staff.put('A', smithb, [work]);
      await sync();
      expect(await handedOver()).toEqual([[token, smithb]]);
    });

    it('an invitation that was being delivered when they left: it waits again', async () => {
      const token = await invite(home);
      await domain.bind(home, smithb);
      expect(await handedOver()).toEqual([[token, smithb]]);
      expect(await domain.inviteService.isStillValid(token, home, smithb)).toBe(true);
      await leaves();
      expect(await domain.inviteService.isStillValid(token, home, smithb)).toBe(false);
      await newcomer();
      expect(await domain.inviteService.isStillValid(token, home, smithb)).toBe(false);
      expect((await domain.stores.invites.findWaiting([home])).map((waiting) => waiting.token)).toEqual([token]);
    });
  });

  it('does not prevent others from proving the address and getting its invitations', async () => {
    await domain.bind(home, smithb);
    await handedOver();
    await leaves();
    const token = await invite(home);
    await domain.bind(home, '@bob:elsewhere.example');
    expect(await handedOver()).toEqual([[token, '@bob:elsewhere.example']]);
  });
});
