import { beforeEach, describe, expect, it } from 'vitest';
import { jobHandlers } from '../../src/app/job-handlers.js';
import { HopelessJob } from '../../src/app/job-runner.js';
import type { JsonObject } from '../../src/domain/canonical-json.js';
import { email } from '../../src/domain/threepid.js';
import { alice, bob, FakeDirectory } from '../support/fakes.js';
import { type House, openHouse } from '../support/house.js';

const home = email('home@example.com');

describe('a homeserver is told of a binding', () => {
  let staff: FakeDirectory;
  let house: House;
  let told: JsonObject[];
  let onBind: (invite: string | null) => Promise<void> | undefined;

  beforeEach(async () => {
    staff = new FakeDirectory();
    for (const name of ['x', 'y', 'z']) staff.put(name, `@${name}:example.org`, [email(`${name}@example.org`)]);
    staff.put('A', alice, [email('alice@example.org')]);
    house = await openHouse({ directories: [staff] });
    await house.sync('staff');
    told = [];
    const homeservers = {
      whoHasOpenIdToken: async () => undefined,
      onBind: async (_name: string, body: JsonObject) => {
        told.push(body);
        return 'delivered' as const;
      },
    };
    const handlers = jobHandlers(house, homeservers, []);
    onBind = (invite) => handlers['onbind']?.({ medium: 'email', address: home.address, mxid: alice, invite });
  });

  const invite = async () => {
    const token = 'an-invite-token';
    const details = { roomId: '!room:example.org', sender: bob, ephemeralPublicKey: 'key', keyId: 'ed25519:1' };
    const times = { createdAt: house.clock.now(), deliveredAt: house.clock.now() };
    await house.stores.invites.add({ token, threepid: home, ...details, ...times }, []);
    return token;
  };
  const leaves = async () => {
    house.clock.pass(1_000);
    staff.remove('A');
    await house.sync('staff');
  };

  it('with the invitation that waited', async () => {
    await house.bind(home, alice);
    await onBind(await invite());
    expect(told).toMatchObject([{ mxid: alice, invites: [{ token: 'an-invite-token' }] }]);
  });

  it('but not once its user has left: the invitation waits again, the binding is nobody’s business', async () => {
    await house.bind(home, alice);
    const token = await invite();
    await leaves();
    await expect(onBind(token)).rejects.toThrow(HopelessJob);
    await expect(onBind(null)).rejects.toThrow(HopelessJob);
    expect(told).toEqual([]);
    expect(await house.stores.invites.findWaiting([home])).toHaveLength(1);
  });

  it('and is told nothing of a user who left between the binding and its telling', async () => {
    await house.bind(home, alice);
    await leaves();
    await house.stores.jobs.take(house.clock.now(), house.clock.now() + 1, 10);
    await house.invites.welcome(home, alice);
    expect(await house.stores.jobs.take(house.clock.now(), house.clock.now() + 1, 10)).toEqual([]);
  });
});
