import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryRateLimits } from '../../../src/adapters/memory/rate-limits.js';
import { DomainError } from '../../../src/domain/shared/errors.js';
import { Quotas } from '../../../src/domain/rate-limiting/quotas.js';
import type { RateLimits } from '../../../src/ports/rate-limits.js';
import { FakeClock, RecordingTelemetry } from '../../support/fakes.js';

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

  it('lets pass what is within every limit, and then says how long to wait', async () => {
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

  it('counts lookups in memory while it cannot in the database, and says so once; all else fails', async () => {
    const heard = new RecordingTelemetry();
    const state = { isFull: true };
    const stored = new MemoryRateLimits(clock);
    const full: RateLimits = {
      consume: async (...asked) => {
        if (state.isFull) throw new Error('database or disk is full');
        return stored.consume(...asked);
      },
    };
    const options = { mail: { perUser: hourly(1) }, sms: {}, invites: {}, lookup: { addressesPerUser: hourly(100) } };
    const spared = new Quotas(full, options, { limits: new MemoryRateLimits(clock), telemetry: heard });
    const lookup = () => refusal(spared.consume('lookup', { addressesPerUser: '@a:example.org' }, 60));
    expect([await lookup(), await lookup()]).toEqual([undefined, expect.any(DomainError)]);
    expect(heard.lines).toHaveLength(1);
    expect(await refusal(spared.consume('mail', { perUser: '@a:example.org' }))).toMatchObject({
      message: 'database or disk is full',
    });

    state.isFull = false;
    expect(await lookup()).toBeUndefined();
    state.isFull = true;
    await lookup();
    expect(heard.lines).toHaveLength(2);
  });

  it('tells a whole number of ms', async () => {
    const fractions = new Quotas(
      { consume: async () => 0.25 },
      { mail: { perUser: hourly(1) }, sms: {}, invites: {}, lookup: {} },
    );
    expect(await refusal(fractions.consume('mail', { perUser: '@a:example.org' }))).toMatchObject({
      details: { retry_after_ms: 1 },
    });
  });

  it('counts each subject by itself', async () => {
    for (const address of ['a@example.org', 'b@example.org', 'c@example.org']) {
      await quotas.consume('mail', { perAddress: address });
      await quotas.consume('mail', { perAddress: address });
    }
    await expect(quotas.consume('mail', { perAddress: 'b@example.org' })).rejects.toThrow(DomainError);
  });

  it('counts each topic and each limit by itself, also where the subjects are the same text', async () => {
    const one = { perUser: hourly(1), perAddress: hourly(1) };
    quotas = new Quotas(new MemoryRateLimits(clock), { mail: one, sms: one, invites: one, lookup: {} });
    await quotas.consume('mail', { perUser: 'x', perAddress: 'x' });
    await quotas.consume('sms', { perUser: 'x' });
    await quotas.consume('invites', { perAddress: 'x' });
    await expect(quotas.consume('sms', { perUser: 'x' })).rejects.toThrow(DomainError);
  });

  it('passes over limits that are not configured or have no subject here', async () => {
    for (let i = 0; i < 10; i++) {
      await quotas.consume('mail', { perAddress: undefined, perUser: undefined, perClient: '127.0.0.1' });
      await quotas.consume('invites', { perSender: '@a:example.org', perAddress: 'a@example.org' });
    }
    await expect(quotas.consume('mail', { perUser: '@a:example.org' })).resolves.toBeUndefined();
  });

  it('takes several uses at once, and none of too many', async () => {
    await quotas.consume('lookup', { addressesPerUser: '@a:example.org' }, 60);
    await expect(quotas.consume('lookup', { addressesPerUser: '@a:example.org' }, 41)).rejects.toThrow(DomainError);
    await quotas.consume('lookup', { addressesPerUser: '@a:example.org' }, 40);
  });

  it('asks in the order in which the subjects are named, and leaves those behind a refusal alone', async () => {
    for (let i = 0; i < 3; i++) await quotas.consume('mail', { perUser: '@mallory:example.org' });
    for (let i = 0; i < 3; i++) {
      await refusal(quotas.consume('mail', { perUser: '@mallory:example.org', perAddress: 'a@example.org' }));
    }
    await expect(
      quotas.consume('mail', { perUser: '@a:example.org', perAddress: 'a@example.org' }),
    ).resolves.toBeUndefined();
  });
});
