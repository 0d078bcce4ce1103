import { beforeEach, describe, expect, it } from 'vitest';
import { jobHandlers } from '../../../src/app/background/job-handlers.js';
import { PermanentJobError } from '../../../src/app/background/job-handler.js';
import type { JsonObject } from '../../../src/domain/signing/canonical-json.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { alice, bob, FakeDirectory } from '../../support/fakes.js';
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
