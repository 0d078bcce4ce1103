import { beforeEach, describe, expect, it } from 'vitest';
import { jobHandlers } from '../../../src/app/background/job-handlers.js';
import { PermanentJobError } from '../../../src/app/background/job-handler.js';
import type { JsonObject } from '../../../src/domain/signing/canonical-json.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { alice, bob, FakeDirectory } from '../../support/fakes.js';
import type { Message } from '../../../src/ports/message-sender.js';
import { takeAll } from '../../support/jobs.js';
import { type TestDomain, openTestDomain } from '../../support/test-domain.js';
import type { OnBindAnswer } from '../../../src/ports/homeservers.js';
import { queued } from '../../support/jobs.js';

const home = email('home@example.com');

describe('a homeserver is told of a binding', () => {
  let staff: FakeDirectory;
  let domain: TestDomain;
  let requests: JsonObject[];
  let onBind: (invite: string | null) => Promise<void>;
  let answer: OnBindAnswer;

  beforeEach(async () => {
    staff = new FakeDirectory();
    for (const name of ['x', 'y', 'z']) staff.put(name, `@${name}:example.org`, [email(`${name}@example.org`)]);
    staff.put('A', alice, [email('alice@example.org')]);
    domain = await openTestDomain({ directories: [staff] });
    await domain.sync('staff');
    requests = [];
    answer = { kind: 'delivered' };
    const homeservers = {
      whoHasOpenIdToken: async () => undefined,
      onBind: async (_name: string, body: JsonObject) => {
        requests.push(body);
        return answer;
      },
    };
    const handlers = jobHandlers(domain, homeservers, []);
    onBind = (invite) => handlers.onbind.run({ medium: 'email', address: home.address, mxid: alice, invite }, 0);
  });

  const invite = async () => {
    const token = 'an-invite-token';
    const details = { roomId: '!room:example.org', sender: bob, ephemeralPublicKey: 'key', keyId: 'ed25519:1' };
    const times = { createdAt: domain.clock.now(), deliveredAt: domain.clock.now() };
    await domain.stores.invites.add({ token, threepid: home, ...details, ...times }, []);
    return token;
  };
  const leaves = async () => {
    domain.clock.pass(1_000);
    staff.remove('A');
    await domain.sync('staff');
  };

  it('with the invitation that waited', async () => {
    await domain.bind(home, alice);
    await onBind(await invite());
    expect(requests).toMatchObject([{ mxid: alice, invites: [{ token: 'an-invite-token' }] }]);
  });

  it('but not once its user has left: the invitation waits again, the binding is nobody’s business', async () => {
    await domain.bind(home, alice);
    const token = await invite();
    await leaves();
    await expect(onBind(token)).rejects.toThrow(PermanentJobError);
    await expect(onBind(null)).rejects.toThrow(PermanentJobError);
    expect(requests).toEqual([]);
    expect(await domain.stores.invites.findWaiting([home])).toHaveLength(1);
  });

  it('and is told nothing of a user who left between the binding and its telling', async () => {
    await domain.bind(home, alice);
    await leaves();
    await domain.inviteService.notifyBound(home, alice);
    expect(await queued(domain.stores.jobs, 'onbind')).toEqual([]);
  });

  it('and what it says is kept with the invitation: handed over only when it was taken', async () => {
    await domain.bind(home, alice);
    const token = await invite();
    const kept = () => domain.stores.invites.get(token);

    answer = { kind: 'not_yet', reason: 'You are not invited to this room' };
    const failure = await onBind(token).catch((error: unknown) => error);
    expect(failure).toMatchObject({ message: expect.stringContaining('You are not invited to this room') });
    expect(failure).not.toBeInstanceOf(PermanentJobError);
    expect(await kept()).not.toHaveProperty('confirmedAt');

    answer = { kind: 'delivered' };
    await onBind(token);
    expect(await kept()).toMatchObject({ confirmedAt: domain.clock.now() });

    answer = { kind: 'refused', reason: 'no such endpoint' };
    await expect(onBind(token)).rejects.toThrow(PermanentJobError);
    expect(await kept()).toMatchObject({ failure: 'no such endpoint' });
    expect(await kept()).not.toHaveProperty('confirmedAt');
  });
});

describe('invitations to an address that had enough mails', () => {
  it('are all in the next one, which is sent once', async () => {
    const domain = await openTestDomain({ quotas: { invites: { perAddress: { amount: 1, windowMs: 1_000 } } } });
    const sent: Message[] = [];
    const sender = {
      medium: 'email' as const,
      send: async (_to: unknown, message: Message) => void sent.push(message),
    };
    const homeservers = {
      whoHasOpenIdToken: async () => undefined,
      onBind: async () => ({ kind: 'delivered' as const }),
    };
    const handlers = jobHandlers(domain, homeservers, [sender]);
    const runDue = async () => {
      for (const job of await takeAll(domain.stores.jobs, domain.clock.now())) {
        if (job.kind === 'invite-mail') await handlers['invite-mail'].run(job.payload, 0);
        if (job.kind === 'invite-digest') await handlers['invite-digest'].run(job.payload, 0);
      }
    };
    for (const roomName of ['One', 'Two', 'Three'])
      await domain.inviteService.invite({
        medium: 'email',
        address: home.address,
        asker: { user: bob, client: '192.0.2.1' },
        roomId: '!room:example.org',
        sender: bob,
        details: {
          sender: bob,
          senderDisplayName: undefined,
          roomName,
          roomAlias: undefined,
          roomAvatarUrl: undefined,
          roomType: undefined,
        },
        webClient: undefined,
        preferences: { brand: undefined, acceptLanguage: undefined },
      });
    await runDue();
    expect(sent.map((message) => message.kind === 'invite' && message.invite.roomName)).toEqual(['One']);
    domain.clock.pass(1_000);
    await runDue();
    await runDue();
    const names = sent.slice(1).flatMap((message) => {
      if (message.kind !== 'invite') return [];
      return [
        [message.invite.roomName, ...(message.others ?? []).map(({ invite }) => invite.roomName)].toSorted((a, b) =>
          String(a).localeCompare(String(b)),
        ),
      ];
    });
    expect(names).toEqual([['Three', 'Two']]);
  });
});
