import { beforeEach, describe, expect, it } from 'vitest';
import type { Mxid } from '../../../src/domain/identifiers/mxid.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import type { StoredInvite } from '../../../src/domain/invites/invite.js';
import { RetentionService, type RetentionOptions } from '../../../src/domain/admin/retention-service.js';
import type { Policy } from '../../../src/domain/accounts/policy.js';
import { DAY_MS, fakeAdapters } from '../../support/fake-adapters.js';

const anna: Mxid = '@anna:example.org';
const home = email('anna@home.example');
const url = (version: number) => `https://example.org/privacy/${version}`;
const policies: readonly Policy[] = [
  { id: 'privacy', version: '2', languages: { en: { name: 'Privacy', url: url(2) } } },
];

const invite = (token: string, threepid = home): StoredInvite => ({
  token,
  threepid,
  roomId: '!room:example.org',
  sender: '@bob:example.org',
  ephemeralPublicKey: `key of ${token}`,
  keyId: 'ed25519:0',
  createdAt: 1,
  deliveredAt: undefined,
});

describe('data past its retention time', () => {
  let adapters: ReturnType<typeof fakeAdapters>;
  beforeEach(() => (adapters = fakeAdapters()));

  const run = async (options: RetentionOptions, of = policies) => {
    const { stores, clock, telemetry } = adapters;
    const { invites, terms, assignments } = stores;
    await new RetentionService({ invites, terms, assignments, clock, telemetry }, options, of).run();
  };
  const leave = async () => {
    const person = 'staff a';
    const leftAt = adapters.clock.now();
    await adapters.stores.assignments.add([
      { source: 'staff', entryId: 'a', mxid: anna, person, since: undefined, leftAt, addresses: [home] },
    ]);
  };
  const isKnown = async () => (await adapters.stores.assignments.find([anna])).length > 0;

  it('is removed when its time is over, not before, and log and metrics say how much', async () => {
    const { stores, clock, telemetry } = adapters;
    for (let at = 0; at < 1_200; at++) await stores.invites.add(invite(`i${at}`), []);
    await stores.invites.deliver(
      Array.from({ length: 1_200 }, (_, at) => `i${at}`),
      clock.now(),
      [],
    );
    for (let at = 0; at < 1_200; at++) await stores.invites.confirm(`i${at}`, clock.now());
    await stores.terms.accept('@bob:example.org', [url(1), url(2)], clock.now());
    await leave();
    const options = { deliveredInvites: 20 * DAY_MS, formerUsers: 30 * DAY_MS, formerTerms: 40 * DAY_MS };

    await run(options);
    expect(telemetry.all('data past its retention time removed')).toEqual([]);
    clock.pass(20 * DAY_MS + 1);
    await run(options);
    expect(await stores.invites.get('i0')).toBeUndefined();
    expect([await isKnown(), await stores.terms.hasAccepted('@bob:example.org', [[url(1)]])]).toEqual([true, true]);
    clock.pass(20 * DAY_MS);
    await run(options);
    expect([await isKnown(), await stores.terms.hasAccepted('@bob:example.org', [[url(1)]])]).toEqual([false, false]);
    expect(await stores.terms.hasAccepted('@bob:example.org', [[url(2)]])).toBe(true);
    expect(telemetry.all('data past its retention time removed')).toEqual([
      { invites: 1_200, former_users: 0, bindings: 0, terms: 0 },
      { invites: 0, former_users: 1, bindings: 0, terms: 1 },
    ]);
  });

  it('is kept for ever if the configuration says so', async () => {
    await adapters.stores.terms.accept(anna, [url(1)], adapters.clock.now());
    await leave();
    adapters.clock.pass(10_000 * DAY_MS);
    await run({});
    expect([await isKnown(), await adapters.stores.terms.hasAccepted(anna, [[url(1)]])]).toEqual([true, true]);
  });

  it('does not include the record of a person who left while an invitation waits for their address', async () => {
    await leave();
    await adapters.stores.invites.add(invite('waits', email('Anna@HOME.example')), []);
    adapters.clock.pass(31 * DAY_MS);
    await run({ formerUsers: 30 * DAY_MS });
    expect(await isKnown()).toBe(true);
    await adapters.stores.invites.remove('waits');
    await run({ formerUsers: 30 * DAY_MS });
    expect(await isKnown()).toBe(false);
  });

  it('does not include accepted terms if no terms are configured, which may be a mistake', async () => {
    await adapters.stores.terms.accept(anna, [url(1)], adapters.clock.now());
    adapters.clock.pass(100 * DAY_MS);
    await run({ formerTerms: 30 * DAY_MS }, []);
    expect(await adapters.stores.terms.hasAccepted(anna, [[url(1)]])).toBe(true);
  });
});
