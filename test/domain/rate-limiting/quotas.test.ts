import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryRateLimits } from '../../../src/adapters/memory/rate-limits.js';
import { DomainError } from '../../../src/domain/shared/errors.js';
import { type Asker } from '../../../src/domain/rate-limiting/asker.js';
import type { Mxid } from '../../../src/domain/identifiers/mxid.js';
import { limitNames, type QuotaOptions, Quotas } from '../../../src/domain/rate-limiting/quotas.js';
import type { RateLimits } from '../../../src/ports/rate-limits.js';
import { alice, bob, FakeClock, RecordingTelemetry } from '../../support/fakes.js';

const HOUR_MS = 3_600_000;
const hourly = (amount: number) => ({ amount, windowMs: HOUR_MS });

const refusal = (work: Promise<void>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('Quotas', () => {
  let clock: FakeClock;
  let quotas: Quotas;

  beforeEach(() => {
    clock = new FakeClock();
    quotas = new Quotas(new MemoryRateLimits(clock), {
      mail: { perAddress: hourly(2), perUser: hourly(3) },
      sms: { perNumber: hourly(1) },
      invites: {},
      lookup: { addressesPerUser: hourly(100) },
    });
  });

  it('allows requests within every limit, and then returns the time to wait', async () => {
    await quotas.consume('mail', { perAddress: 'a@example.org', perUser: '@a:example.org' });
    clock.pass(HOUR_MS / 4);
    await quotas.consume('mail', { perAddress: 'a@example.org', perUser: '@a:example.org' });
    clock.pass(HOUR_MS / 4);

    const refused = await refusal(quotas.consume('mail', { perAddress: 'a@example.org', perUser: '@a:example.org' }));
    expect(refused).toBeInstanceOf(DomainError);
    expect(refused).toMatchObject({ code: 'limit_exceeded', details: { retry_after_ms: HOUR_MS / 2 } });

    clock.pass(HOUR_MS / 2);
    await quotas.consume('mail', { perAddress: 'a@example.org', perUser: '@b:example.org' });
  });

  it('counts lookups in memory while the database is unavailable, and logs it once; other limits fail', async () => {
    const recorded = new RecordingTelemetry();
    const state = { isFull: true };
    const stored = new MemoryRateLimits(clock);
    const full: RateLimits = {
      consume: async (...asked) => {
        if (state.isFull) throw new Error('database or disk is full');
        return stored.consume(...asked);
      },
    };
    const options = { mail: { perUser: hourly(1) }, sms: {}, invites: {}, lookup: { addressesPerUser: hourly(100) } };
    const withFallback = new Quotas(full, options, { limits: new MemoryRateLimits(clock), telemetry: recorded });
    const lookup = () => refusal(withFallback.consume('lookup', { addressesPerUser: '@a:example.org' }, 60));
    expect([await lookup(), await lookup()]).toEqual([undefined, expect.any(DomainError)]);
    expect(recorded.lines).toHaveLength(1);
    expect(await refusal(withFallback.consume('mail', { perUser: '@a:example.org' }))).toMatchObject({
      message: 'database or disk is full',
    });

    state.isFull = false;
    expect(await lookup()).toBeUndefined();
    state.isFull = true;
    await lookup();
    expect(recorded.lines).toHaveLength(2);
    const reached = { name: 'limits_reached', labels: { limit: 'limits.lookup.addressesPerUser' } };
    expect(new Set(recorded.counted.map((entry) => JSON.stringify(entry)))).toEqual(new Set([JSON.stringify(reached)]));
  });

  it('names each limit that is set, also that of a single requester, for the metrics', () => {
    const servers = { 'example.org': { mail: hourly(9), sms: false } } as const;
    expect(
      limitNames({
        mail: { perUser: hourly(1) },
        sms: {},
        invites: {},
        lookup: { addressesPerUser: hourly(9) },
        servers,
      }),
    ).toEqual(['limits.mail.perUser', 'limits.servers, mail', 'limits.lookup.addressesPerUser']);
  });

  it('returns a whole number of ms', async () => {
    const fractions = new Quotas(
      { consume: async () => 0.25 },
      { mail: { perUser: hourly(1) }, sms: {}, invites: {}, lookup: {} },
    );
    expect(await refusal(fractions.consume('mail', { perUser: '@a:example.org' }))).toMatchObject({
      details: { retry_after_ms: 1 },
    });
  });

  it('counts each subject separately', async () => {
    for (const address of ['a@example.org', 'b@example.org', 'c@example.org']) {
      await quotas.consume('mail', { perAddress: address });
      await quotas.consume('mail', { perAddress: address });
    }
    await expect(quotas.consume('mail', { perAddress: 'b@example.org' })).rejects.toThrow(DomainError);
  });

  it('counts each topic and each limit separately, even if the text of the subject is the same', async () => {
    const limits = { perUser: hourly(1), perAddress: hourly(1) };
    quotas = new Quotas(new MemoryRateLimits(clock), { mail: limits, sms: limits, invites: limits, lookup: {} });
    await quotas.consume('mail', { perUser: 'x', perAddress: 'x' });
    await quotas.consume('sms', { perUser: 'x' });
    await quotas.consume('invites', { perAddress: 'x' });
    await expect(quotas.consume('sms', { perUser: 'x' })).rejects.toThrow(DomainError);
  });

  it('skips limits that are not configured or have no subject', async () => {
    for (let i = 0; i < 10; i++) {
      await quotas.consume('mail', { perAddress: undefined, perUser: undefined, perClient: '127.0.0.1' });
      await quotas.consume('invites', { perSender: '@a:example.org', perAddress: 'a@example.org' });
    }
    await expect(quotas.consume('mail', { perUser: '@a:example.org' })).resolves.toBeUndefined();
  });

  it('counts several actions at once, or none if there are too many', async () => {
    await quotas.consume('lookup', { addressesPerUser: '@a:example.org' }, 60);
    await expect(quotas.consume('lookup', { addressesPerUser: '@a:example.org' }, 41)).rejects.toThrow(DomainError);
    await quotas.consume('lookup', { addressesPerUser: '@a:example.org' }, 40);
  });

  it('counts the subjects in order, and not those after a refusal', async () => {
    for (let i = 0; i < 3; i++) await quotas.consume('mail', { perUser: '@mallory:example.org' });
    for (let i = 0; i < 3; i++) {
      await refusal(quotas.consume('mail', { perUser: '@mallory:example.org', perAddress: 'a@example.org' }));
    }
    await expect(
      quotas.consume('mail', { perUser: '@a:example.org', perAddress: 'a@example.org' }),
    ).resolves.toBeUndefined();
  });

  describe('of the requester', () => {
    const build = (options: Partial<QuotaOptions>) =>
      new Quotas(new MemoryRateLimits(clock), { mail: {}, sms: {}, invites: {}, lookup: {}, ...options });
    const of = (user: Mxid | undefined, client = '192.0.2.1'): Asker => ({ user, client });
    const partner: Mxid = '@islet:partner.example';

    it.each([
      ['mail', { mail: { perUser: hourly(1) } }, 'limits.mail.perUser', 'user'],
      ['mail', { mail: { perHomeserver: hourly(1) } }, 'limits.mail.perHomeserver', 'homeserver'],
      ['mail', { mail: { perClient: hourly(1) } }, 'limits.mail.perClient', 'client'],
      ['sms', { sms: { perHomeserver: hourly(1) } }, 'limits.sms.perHomeserver', 'homeserver'],
      ['invites', { invites: { perSender: hourly(1) } }, 'limits.invites.perSender', 'user'],
      ['invites', { invites: { perHomeserver: hourly(1) } }, 'limits.invites.perHomeserver', 'homeserver'],
      [
        'lookup',
        { lookup: { addressesPerHomeserver: hourly(1) } },
        'limits.lookup.addressesPerHomeserver',
        'homeserver',
      ],
    ] as const)(
      'tell the log which one of %s was reached, and for what kind of subject',
      async (topic, options, limit, subject) => {
        quotas = build(options);
        await quotas.consumeFor(topic, of(alice));
        expect(await refusal(quotas.consumeFor(topic, of(alice)))).toMatchObject({ facts: { limit, subject } });
      },
    );

    it('tell the log who reached a limit, but no address or number', async () => {
      const facts = async (options: Partial<QuotaOptions>, asker: Asker, about = {}) => {
        quotas = build(options);
        await quotas.consumeFor('mail', asker, about);
        return ((await refusal(quotas.consumeFor('mail', asker, about))) as DomainError).facts;
      };
      expect(await facts({ mail: { perUser: hourly(1) } }, of(alice))).toMatchObject({ requester: alice });
      expect(await facts({ mail: { perHomeserver: hourly(1) } }, of(alice))).toMatchObject({
        requester: 'example.org',
      });
      expect(await facts({ mail: { perClient: hourly(1) } }, of(undefined))).toMatchObject({ requester: '192.0.2.1' });
      const servers = { [partner]: { mail: hourly(1) } };
      expect(await facts({ servers }, of(partner))).toEqual({
        limit: 'limits.servers, mail',
        subject: 'user',
        requester: partner,
      });
      const about = { perAddress: 'eve@example.org' };
      expect(await facts({ mail: { perAddress: hourly(1) } }, of(alice), about)).toEqual({
        limit: 'limits.mail.perAddress',
        subject: 'address',
      });
    });

    it.each(['sms', 'invites', 'lookup', 'signIn'] as const)(
      'count the client for %s if there is no user',
      async (topic) => {
        const limit = { perClient: hourly(1), addressesPerClient: hourly(1), perHomeserver: hourly(9) };
        quotas = build({ sms: limit, invites: limit, lookup: limit, signIn: limit });
        await quotas.consumeFor(topic, of(undefined));
        await expect(quotas.consumeFor(topic, of(undefined))).rejects.toMatchObject({ facts: { subject: 'client' } });
        await quotas.consumeFor(topic, of(undefined, '192.0.2.2'));
      },
    );

    it('count the users of a homeserver together, on each of its ports and on other addresses of its network', async () => {
      quotas = build({ invites: { perHomeserver: hourly(2) } });
      for (const names of [
        ['evil.example', 'evil.example:8448', 'EVIL.example:1'],
        ['[2001:db8::1]', '[2001:db8::2]:8448', '[2001:db8:0:0:1::]'],
      ]) {
        const [first = '', second = '', third = ''] = names;
        await quotas.consumeFor('invites', of(`@a:${first}`));
        await quotas.consumeFor('invites', of(`@b:${second}`));
        await expect(quotas.consumeFor('invites', of(`@c:${third}`))).rejects.toThrow(DomainError);
      }
      await quotas.consumeFor('invites', of('@a:other.example'));
    });

    it('of its own are separate for a user, who then shares no other limit', async () => {
      quotas = build({
        lookup: { addressesPerUser: hourly(1), addressesPerHomeserver: hourly(1) },
        servers: { [partner]: { lookup: hourly(3) } },
      });
      for (let i = 0; i < 3; i++) await quotas.consumeFor('lookup', of(partner));
      expect(await refusal(quotas.consumeFor('lookup', of(partner)))).toMatchObject({
        facts: { limit: 'limits.servers, lookup', subject: 'user' },
      });
      await quotas.consumeFor('lookup', of('@anna:partner.example'));
      await expect(quotas.consumeFor('lookup', of('@bert:partner.example'))).rejects.toThrow(DomainError);
    });

    it('of a configured server apply to a homeserver that calls v1 from its IP address, in any spelling of that address', async () => {
      quotas = build({
        sms: { perClient: hourly(1) },
        servers: { '10.0.0.5': { sms: hourly(2) }, '2001:db8::5': { sms: false } },
      });
      for (const client of ['10.0.0.5', '::ffff:10.0.0.5']) await quotas.consumeFor('sms', of(undefined, client));
      await expect(quotas.consumeFor('sms', of(undefined, '10.0.0.5'))).rejects.toMatchObject({
        facts: { subject: 'client' },
      });
      for (let i = 0; i < 5; i++) await quotas.consumeFor('sms', of(undefined, '2001:db8:0:0::/64'));
    });

    it('may be configured for one homeserver, and its users are still counted one by one', async () => {
      quotas = build({
        mail: { perUser: hourly(2), perHomeserver: hourly(1) },
        servers: { 'example.org': { mail: hourly(3) } },
      });
      await quotas.consumeFor('mail', of(alice));
      await quotas.consumeFor('mail', of(alice));
      await expect(quotas.consumeFor('mail', of(alice))).rejects.toMatchObject({ facts: { subject: 'user' } });
      await quotas.consumeFor('mail', of(bob));
      await expect(quotas.consumeFor('mail', of(bob))).rejects.toMatchObject({
        facts: { limit: 'limits.servers, mail', subject: 'homeserver' },
      });
    });

    it('are the general ones for a user without configured ones', async () => {
      quotas = build({ invites: { perSender: hourly(1) }, servers: { [partner]: { lookup: false } } });
      await quotas.consumeFor('invites', of(partner));
      await expect(quotas.consumeFor('invites', of(partner))).rejects.toThrow(DomainError);
    });

    it('leave the rest of a country to others if one homeserver used its part, which unnamed homeservers share', async () => {
      quotas = build({
        sms: { perCountryAndHomeserver: hourly(2), perCountry: hourly(4) },
        knownHomeservers: ['example.org'],
      });
      const text = (user: Mxid | undefined) =>
        quotas.consumeFor('sms', of(user), {
          perCountryAndHomeserver: quotas.shareOf('49', of(user)),
          perCountry: '49',
        });
      await text('@m:evil.example');
      await text('@m:sub.evil.example');
      await expect(text('@m:third.evil.example')).rejects.toMatchObject({
        facts: { limit: 'limits.sms.perCountryAndHomeserver', subject: 'homeserver and country' },
      });
      await text(alice);
      await text(bob);
      await expect(text(undefined)).rejects.toMatchObject({ facts: { limit: 'limits.sms.perCountry' } });
    });
  });
});
