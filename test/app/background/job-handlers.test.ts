import { beforeEach, describe, expect, it } from 'vitest';
import { jobHandlers } from '../../../src/app/background/job-handlers.js';
import { PermanentJobError } from '../../../src/app/background/job-worker.js';
import type { JsonObject } from '../../../src/domain/signing/canonical-json.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { alice, bob, FakeDirectory } from '../../support/fakes.js';
import { type TestDomain, openTestDomain } from '../../support/test-domain.js';

const home = email('home@example.com');

describe('a homeserver is told of a binding', () => {
  let staff: FakeDirectory;
  let domain: TestDomain;
  let requests: JsonObject[];
  let onBind: (invite: string | null) => Promise<void> | undefined;

  beforeEach(async () => {
    staff = new FakeDirectory();
    for (const name of ['x', 'y', 'z']) staff.put(name, `@${name}:example.org`, [email(`${name}@example.org`)]);
    staff.put('A', alice, [email('alice@example.org')]);
    domain = await openTestDomain({ directories: [staff] });
    await domain.sync('staff');
    requests = [];
    const homeservers = {
      whoHasOpenIdToken: async () => undefined,
      onBind: async (_name: string, body: JsonObject) => {
        requests.push(body);
        return 'delivered' as const;
      },
    };
    const handlers = jobHandlers(domain, homeservers, []);
    onBind = (invite) => handlers['onbind']?.({ medium: 'email', address: home.address, mxid: alice, invite });
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
    await domain.stores.jobs.take(domain.clock.now(), domain.clock.now() + 1, 10);
    await domain.inviteService.notifyBound(home, alice);
    expect(await domain.stores.jobs.take(domain.clock.now(), domain.clock.now() + 1, 10)).toEqual([]);
  });
});
