import { beforeEach, describe, expect, it } from 'vitest';
import { jobHandlers } from '../../../src/app/background/job-handlers.js';
import { DestinationDownError, type JobHandlers, PermanentJobError } from '../../../src/app/background/job-handler.js';
import type { Job } from '../../../src/domain/jobs/job.js';
import type { JsonObject } from '../../../src/domain/signing/canonical-json.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { alice, bob, FakeDirectory } from '../../support/fakes.js';
import { DeliveryError, type Message } from '../../../src/ports/message-sender.js';
import { takeAll } from '../../support/jobs.js';
import { type TestDomain, openTestDomain } from '../../support/test-domain.js';
import type { OnBindAnswer } from '../../../src/ports/homeservers.js';
import { queued } from '../../support/jobs.js';

const home = email('home@example.com');

describe('the notification of a homeserver about a binding', () => {
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

  const invite = async (more: { restoredAt?: number } = {}) => {
    const token = 'an-invite-token';
    const details = { roomId: '!room:example.org', sender: bob, ephemeralPublicKey: 'key', keyId: 'ed25519:1' };
    const times = { createdAt: domain.clock.now(), deliveredAt: domain.clock.now() };
    await domain.stores.invites.add({ token, threepid: home, ...details, ...times, ...more }, []);
    return token;
  };
  const leaves = async () => {
    domain.clock.pass(1_000);
    staff.remove('A');
    await domain.sync('staff');
  };

  it('contains the waiting invitation', async () => {
    await domain.bind(home, alice);
    await onBind(await invite());
    expect(requests).toMatchObject([{ mxid: alice, invites: [{ token: 'an-invite-token' }] }]);
  });

  it('is not sent after its user has left: the invitation waits again, and the binding is not announced', async () => {
    await domain.bind(home, alice);
    const token = await invite();
    await leaves();
    await expect(onBind(token)).rejects.toThrow(PermanentJobError);
    await expect(onBind(null)).rejects.toThrow(PermanentJobError);
    expect(requests).toEqual([]);
    expect(await domain.stores.invites.findWaiting([home])).toHaveLength(1);
  });

  it('does not mention a user who left in the meantime', async () => {
    await domain.bind(home, alice);
    await leaves();
    await domain.inviteService.notifyBound(home, alice);
    expect(await queued(domain.stores.jobs, 'onbind')).toEqual([]);
  });

  it('is stored with its result at the invitation: delivered only when the homeserver accepted it', async () => {
    await domain.bind(home, alice);
    const token = await invite();
    const kept = () => domain.stores.invites.get(token);

    answer = { kind: 'not_yet', reason: 'You are not invited to this room', isForbidden: true };
    const failure = await onBind(token).catch((error: unknown) => error);
    expect(failure).toMatchObject({ message: expect.stringContaining('You are not invited to this room') });
    expect(failure).not.toBeInstanceOf(PermanentJobError);
    expect(await kept()).not.toHaveProperty('confirmedAt');

    answer = { kind: 'delivered' };
    await onBind(token);
    expect(await kept()).toMatchObject({ confirmedAt: domain.clock.now() });

    await onBind(token);
    expect(requests).toHaveLength(2);

    await domain.stores.invites.requeue(token);
    await domain.stores.invites.deliver([token], domain.clock.now(), []);
    answer = { kind: 'refused', reason: 'no such endpoint' };
    await expect(onBind(token)).rejects.toThrow(PermanentJobError);
    expect(await kept()).toMatchObject({ failure: 'no such endpoint' });
    expect(await kept()).not.toHaveProperty('confirmedAt');
  });

  it('that is forbidden for an invitation from a restored backup is final, because the invitation was delivered before', async () => {
    await domain.bind(home, alice);
    const token = await invite({ restoredAt: domain.clock.now() });
    answer = { kind: 'not_yet', reason: 'M_UNKNOWN', isForbidden: false };
    expect(await onBind(token).catch((error: unknown) => error)).not.toBeInstanceOf(PermanentJobError);
    answer = { kind: 'not_yet', reason: 'M_FORBIDDEN', isForbidden: true };
    await expect(onBind(token)).rejects.toThrow(PermanentJobError);
    expect(await domain.stores.invites.get(token)).toMatchObject({
      failure: 'delivered before the restore of a backup: M_FORBIDDEN',
    });
    expect(await domain.stores.invites.findWaiting([home])).toEqual([]);
  });
});

const unknownUser = {
  whoHasOpenIdToken: async () => undefined,
  onBind: async () => ({ kind: 'delivered' as const }),
};

const inviteHome = (domain: TestDomain, roomName: string) =>
  domain.inviteService.invite({
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

describe('the mail of an invitation', () => {
  let domain: TestDomain;
  let sent: Message[];
  let failure: Error | undefined;
  let handlers: JobHandlers;
  const unknown = new DeliveryError('mail server relay:25', 'said: 550 5.1.1 User unknown', true);

  beforeEach(async () => {
    domain = await openTestDomain({ quotas: { invites: { perAddress: { amount: 1, windowMs: 1_000 } } } });
    sent = [];
    failure = undefined;
    const sender = {
      medium: 'email' as const,
      send: async (_to: unknown, message: Message) => {
        sent.push(message);
        if (failure) throw failure;
      },
    };
    handlers = jobHandlers(domain, unknownUser, [sender]);
  });

  const run = async (job: Job | undefined) => {
    if (job?.kind === 'invite-mail') await handlers['invite-mail'].run(job.payload, 0);
    else if (job?.kind === 'invite-digest') await handlers['invite-digest'].run(job.payload, 0);
    else expect.fail('no mail is queued');
  };
  const failuresOfWaiting = async () =>
    (await domain.stores.invites.findWaiting([home])).map((invite) => invite.failure);

  it('has one Message-ID in all attempts, and each mail has its own', async () => {
    await inviteHome(domain, 'One');
    const [job] = await takeAll(domain.stores.jobs, domain.clock.now());
    failure = new DeliveryError('mail server relay:25', 'closed the connection');
    await expect(run(job)).rejects.toThrow(DestinationDownError);
    failure = undefined;
    await run(job);
    domain.clock.pass(1_000);
    await inviteHome(domain, 'Two');
    const [other] = await takeAll(domain.stores.jobs, domain.clock.now());
    await run(other);
    const names = sent.map(({ id }) => id);
    expect(names[0]).toEqual(expect.any(String));
    expect(names[1]).toBe(names[0]);
    expect(names[2]).not.toBe(names[0]);
  });

  it('that is refused permanently is recorded at the invitation, which still waits', async () => {
    await inviteHome(domain, 'One');
    failure = unknown;
    const [job] = await takeAll(domain.stores.jobs, domain.clock.now());
    await expect(run(job)).rejects.toThrow(PermanentJobError);
    const words = 'its mail was not sent: mail server relay:25: said: 550 5.1.1 User unknown';
    expect(await failuresOfWaiting()).toEqual([words]);
  });

  it('of several invitations that is refused permanently is recorded at each of them and not tried again', async () => {
    for (const name of ['One', 'Two', 'Three']) await inviteHome(domain, name);
    const [first] = await takeAll(domain.stores.jobs, domain.clock.now());
    await run(first);
    failure = unknown;
    domain.clock.pass(1_000);
    const [digest] = await takeAll(domain.stores.jobs, domain.clock.now());
    await expect(run(digest)).rejects.toThrow(PermanentJobError);
    const words = 'its mail was not sent: mail server relay:25: said: 550 5.1.1 User unknown';
    expect(await failuresOfWaiting()).toEqual([undefined, words, words]);
    await run(digest);
    expect(sent).toHaveLength(2);
  });

  it('that was tried for days is recorded at the invitation', async () => {
    await inviteHome(domain, 'One');
    const [job] = await takeAll(domain.stores.jobs, domain.clock.now());
    if (job?.kind === 'invite-mail') await handlers['invite-mail'].giveUp?.(job.payload, 'said: 451 try later');
    expect(await failuresOfWaiting()).toEqual(['its mail was not sent: said: 451 try later']);
  });

  it('pauses all mails if the mail server refuses Islet, and only this mail if it defers this one', async () => {
    await inviteHome(domain, 'One');
    const [job] = await takeAll(domain.stores.jobs, domain.clock.now());
    failure = new DeliveryError('mail server relay:25', 'refuses the sender address a@example.org (said: 550 5.7.60)');
    await expect(run(job)).rejects.toThrow(DestinationDownError);
    failure = new DeliveryError('mail server relay:25', 'said: 451 try later');
    await expect(run(job)).rejects.toBe(failure);
  });
});

describe('invitations to an address that reached the limit of mails', () => {
  it('are all in the next mail, which is sent once', async () => {
    const domain = await openTestDomain({ quotas: { invites: { perAddress: { amount: 1, windowMs: 1_000 } } } });
    const sent: Message[] = [];
    const sender = {
      medium: 'email' as const,
      send: async (_to: unknown, message: Message) => void sent.push(message),
    };
    const handlers = jobHandlers(domain, unknownUser, [sender]);
    const runDue = async () => {
      for (const job of await takeAll(domain.stores.jobs, domain.clock.now())) {
        if (job.kind === 'invite-mail') await handlers['invite-mail'].run(job.payload, 0);
        if (job.kind === 'invite-digest') await handlers['invite-digest'].run(job.payload, 0);
      }
    };
    for (const roomName of ['One', 'Two', 'Three']) await inviteHome(domain, roomName);
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
