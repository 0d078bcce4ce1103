import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryPepperStore } from '../../support/memory/pepper-store.js';
import { isPepper, lookupHash } from '../../../src/domain/identifiers/lookup-hash.js';
import { PepperService } from '../../../src/domain/peppers/pepper-service.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { alice, CountingRandom, FakeClock, RecordingTelemetry } from '../../support/fakes.js';
import { SlowIndex } from '../../support/slow-index.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const LIFETIME_MS = 7 * DAY_MS;
const GRACE_MS = DAY_MS;

const a = email('a@example.org');

const settle = () => new Promise(setImmediate);

describe('Peppers', () => {
  let clock: FakeClock;
  let random: CountingRandom;
  let store: MemoryPepperStore;

  beforeEach(() => {
    clock = new FakeClock();
    random = new CountingRandom();
    store = new MemoryPepperStore();
  });

  const instance = async (index = new SlowIndex(), options = { lifetimeMs: LIFETIME_MS, graceMs: GRACE_MS }) => {
    await index.load('staff', async function* () {
      yield [{ threepid: a, mxid: alice }];
    });
    return {
      index,
      pepperService: new PepperService({ store, index, random, clock, telemetry: new RecordingTelemetry() }, options),
    };
  };

  const started = async (...options: Parameters<typeof instance>) => {
    const instanceA = await instance(...options);
    await instanceA.pepperService.rotateIfDue();
    return instanceA;
  };

  describe('at the first start', () => {
    it('are not ready, announce nothing and accept nothing', async () => {
      const { pepperService } = await instance();
      expect(pepperService.isReady()).toBe(false);
      expect(() => pepperService.current()).toThrow('no lookup pepper is ready yet');
      expect(pepperService.isAccepted('')).toBe(false);
    });

    it('create one and hash all addresses with it (LOOK-2)', async () => {
      const { index, pepperService } = await started();
      const pepper = pepperService.current();
      expect(isPepper(pepper)).toBe(true);
      expect(pepperService.isReady()).toBe(true);
      expect(pepperService.isAccepted(pepper)).toBe(true);
      expect(index.find('staff', pepper, lookupHash(a, pepper))).toBe(alice);
      expect(await store.all()).toEqual([{ pepper, announcedFrom: clock.now() }]);
    });

    it('are not created twice in the first minute', async () => {
      const { index, pepperService } = await started();
      const pepper = pepperService.current();
      clock.pass(MINUTE_MS);
      await pepperService.rotateIfDue();
      expect(pepperService.current()).toBe(pepper);
      expect(index.peppers()).toEqual([pepper]);
    });
  });

  it('rotate on a fixed schedule, whenever the rotation runs', async () => {
    const start = clock.now();
    const { pepperService } = await started();
    const announced = new Map([[pepperService.current(), start]]);
    for (let minutes = 0; minutes < 4 * 7 * 24 * 60; minutes += 7) {
      clock.pass(7 * MINUTE_MS);
      await pepperService.rotateIfDue();
      if (!announced.has(pepperService.current())) announced.set(pepperService.current(), clock.now());
    }
    const times = [...announced.values()].map((time) => time - start);
    expect(times).toHaveLength(5);
    times.forEach((time, weeks) => {
      expect(time).toBeGreaterThanOrEqual(weeks * LIFETIME_MS);
      expect(time).toBeLessThan(weeks * LIFETIME_MS + 7 * MINUTE_MS);
    });
  });

  it('announce the next one exactly on time, also if no rotation runs', async () => {
    const { pepperService } = await started();
    const first = pepperService.current();
    clock.pass(LIFETIME_MS - HOUR_MS);
    await pepperService.rotateIfDue();
    clock.pass(HOUR_MS - 1);
    expect(pepperService.current()).toBe(first);
    clock.pass(1);
    expect(pepperService.current()).not.toBe(first);
  });

  it('hash with the next one and accept it before it is announced', async () => {
    const { index, pepperService } = await started();
    const first = pepperService.current();
    clock.pass(LIFETIME_MS - HOUR_MS - 1);
    await pepperService.rotateIfDue();
    expect(index.peppers()).toEqual([first]);

    clock.pass(1);
    await pepperService.rotateIfDue();
    const next = index.peppers().find((pepper) => pepper !== first) ?? '';
    expect(index.find('staff', next, lookupHash(a, next))).toBe(alice);
    expect(pepperService.current()).toBe(first);
    expect(pepperService.isAccepted(next)).toBe(true);
  });

  it('accept the previous one for the grace period, and then remove it (LOOK-12)', async () => {
    const { index, pepperService } = await started();
    const first = pepperService.current();
    clock.pass(LIFETIME_MS);
    await pepperService.rotateIfDue();
    expect(pepperService.current()).not.toBe(first);

    clock.pass(GRACE_MS - 1);
    await pepperService.rotateIfDue();
    expect(pepperService.isAccepted(first)).toBe(true);
    expect(index.find('staff', first, lookupHash(a, first))).toBe(alice);

    clock.pass(1);
    expect(pepperService.isAccepted(first)).toBe(false);
    await pepperService.rotateIfDue();
    expect(index.peppers()).toEqual([pepperService.current()]);
    expect(await store.all()).toMatchObject([{ pepper: pepperService.current() }]);
  });

  it('keep at most two in memory', async () => {
    const { index, pepperService } = await started();
    let most = 0;
    for (let hours = 0; hours < 5 * 7 * 24; hours++) {
      clock.pass(HOUR_MS);
      await pepperService.rotateIfDue();
      most = Math.max(most, index.peppers().length);
    }
    expect(most).toBe(2);
    expect((await store.all()).length).toBeLessThanOrEqual(2);
  });

  it('are never announced before everything is hashed', async () => {
    const { index, pepperService } = await started();
    const first = pepperService.current();
    index.isSlow = true;
    clock.pass(LIFETIME_MS);
    const keeping = pepperService.rotateIfDue();
    await settle();
    expect(await store.all()).toHaveLength(2);
    expect(pepperService.current()).toBe(first);
    expect(pepperService.isAccepted((await store.all())[1]?.pepper ?? '')).toBe(false);

    index.finish();
    await keeping;
    expect(pepperService.current()).not.toBe(first);
  });

  it('keep the current one if hashing fails, and try again', async () => {
    const { index, pepperService } = await started();
    const first = pepperService.current();
    clock.pass(LIFETIME_MS);
    const prepare = index.prepare.bind(index);
    index.prepare = () => Promise.reject(new Error('the thread is gone'));
    await expect(pepperService.rotateIfDue()).rejects.toThrow('the thread is gone');
    expect(pepperService.current()).toBe(first);

    index.prepare = prepare;
    await pepperService.rotateIfDue();
    expect(pepperService.current()).not.toBe(first);
  });

  describe('shared by two instances', () => {
    it.each([
      { lifetimeMs: 20_000, graceMs: 20_000 },
      { lifetimeMs: 5 * MINUTE_MS, graceMs: MINUTE_MS },
    ])('are accepted by each as long as another one announces them, with %o', async (options) => {
      const three = [await started(undefined, options)];
      clock.pass(options.lifetimeMs / 7);
      for (let number = 2; number <= 3; number++) three.push(await started(undefined, options));
      const services = three.map(({ pepperService }) => pepperService);
      const [step, from] = [services[0]?.checkEveryMs ?? 0, clock.now()];
      const announced = new Set<string>();
      // Each instance checks at other times, because it was started at another time.
      for (let turn = 0; clock.now() - from < 3 * options.lifetimeMs; turn++) {
        clock.pass(step / 3);
        await services[turn % 3]?.rotateIfDue();
        for (const pepper of new Set(services.map((service) => service.current()))) {
          announced.add(pepper);
          for (const other of services)
            expect(other.isAccepted(pepper) || (await other.refreshAndAccept(pepper))).toBe(true);
        }
      }
      expect(announced.size).toBeGreaterThanOrEqual(3);
    });

    it('are the same ones at the first start, also if both start at once', async () => {
      const [instanceA, instanceB] = [await instance(), await instance()];
      await Promise.all([instanceA.pepperService.rotateIfDue(), instanceB.pepperService.rotateIfDue()]);
      expect(instanceA.pepperService.current()).toBe(instanceB.pepperService.current());
      expect(await store.all()).toHaveLength(1);
    });

    it('change together', async () => {
      const [instanceA, instanceB] = [await started(), await started()];
      for (let hours = 0; hours < 3 * 7 * 24; hours++) {
        clock.pass(HOUR_MS);
        await Promise.all([instanceA.pepperService.rotateIfDue(), instanceB.pepperService.rotateIfDue()]);
        expect(instanceA.pepperService.current()).toBe(instanceB.pepperService.current());
        expect(instanceB.pepperService.isAccepted(instanceA.pepperService.current())).toBe(true);
      }
    });

    it('are accepted by the other instance while it is a minute behind', async () => {
      const [instanceA, instanceB] = [await started(), await started()];
      const first = instanceA.pepperService.current();
      clock.pass(LIFETIME_MS - HOUR_MS);
      await instanceA.pepperService.rotateIfDue();
      clock.pass(MINUTE_MS);
      await instanceB.pepperService.rotateIfDue();
      clock.pass(HOUR_MS - MINUTE_MS);
      expect(instanceA.pepperService.current()).not.toBe(first);
      expect(instanceB.pepperService.isAccepted(instanceA.pepperService.current())).toBe(true);
      expect(instanceA.pepperService.isAccepted(first)).toBe(true);
    });

    it('are announced by the instance that has hashed them, while the other keeps the old one', async () => {
      const [instanceA, instanceB] = [await started(), await started()];
      const first = instanceA.pepperService.current();
      instanceB.index.isSlow = true;
      clock.pass(LIFETIME_MS);
      await instanceA.pepperService.rotateIfDue();
      const keeping = instanceB.pepperService.rotateIfDue();
      await settle();
      expect(instanceA.pepperService.current()).not.toBe(first);
      expect(instanceB.pepperService.current()).toBe(first);
      expect(instanceA.pepperService.isAccepted(first)).toBe(true);
      instanceB.index.finish();
      await keeping;
    });
  });

  describe('after a restart', () => {
    it('are the same, and the previous one is accepted for the rest of its grace', async () => {
      const before = await started();
      const first = before.pepperService.current();
      clock.pass(LIFETIME_MS);
      await before.pepperService.rotateIfDue();
      const second = before.pepperService.current();
      clock.pass(GRACE_MS / 2);

      const { index, pepperService } = await started();
      expect(pepperService.current()).toBe(second);
      expect(pepperService.isAccepted(first)).toBe(true);
      expect(index.find('staff', first, lookupHash(a, first))).toBe(alice);
    });

    it('announce none early while addresses are being hashed', async () => {
      const before = await started();
      const first = before.pepperService.current();
      clock.pass(LIFETIME_MS - HOUR_MS);
      await before.pepperService.rotateIfDue();

      const { pepperService } = await started();
      expect(pepperService.current()).toBe(first);
    });

    it.each([
      ['less than a lifetime and a grace period', LIFETIME_MS + GRACE_MS - 1],
      ['weeks', 40 * DAY_MS],
    ])(
      'are replaced at once after a stop of %s, and the last one is accepted for the grace period from then',
      async (_case, downMs) => {
        const before = await started();
        const first = before.pepperService.current();
        clock.pass(downMs);

        const { index, pepperService } = await started();
        const second = pepperService.current();
        expect(second).not.toBe(first);
        expect(pepperService.isAccepted(first)).toBe(true);
        expect(index.peppers().length).toBe(2);

        clock.pass(GRACE_MS);
        await pepperService.rotateIfDue();
        expect(pepperService.isAccepted(first)).toBe(false);
        expect(pepperService.current()).toBe(second);
        clock.pass(LIFETIME_MS - GRACE_MS);
        await pepperService.rotateIfDue();
        expect(pepperService.current()).not.toBe(second);
      },
    );
  });

  it('continue to rotate if a clock that was years ahead scheduled some', async () => {
    const { pepperService } = await started();
    const before = pepperService.current();
    const time = clock.now();
    clock.pass(10 * 365 * DAY_MS);
    const ahead = await started();
    clock.pass(time - clock.now());
    await pepperService.rotateIfDue();
    await ahead.pepperService.rotateIfDue();
    const first = pepperService.current();
    expect(ahead.pepperService.current()).toBe(first);
    clock.pass(LIFETIME_MS);
    for (const service of [pepperService, ahead.pepperService]) await service.rotateIfDue();
    expect([before, first]).not.toContain(pepperService.current());
    expect(ahead.pepperService.current()).toBe(pepperService.current());
  });

  it('with a short lifetime are hashed half a lifetime ahead and not earlier', async () => {
    const options = { lifetimeMs: 10 * MINUTE_MS, graceMs: MINUTE_MS };
    const { index, pepperService } = await started(new SlowIndex(), options);
    const first = pepperService.current();
    clock.pass(5 * MINUTE_MS - 1);
    await pepperService.rotateIfDue();
    expect(index.peppers()).toEqual([first]);
    clock.pass(1);
    await pepperService.rotateIfDue();
    expect(index.peppers()).toHaveLength(2);
    expect(pepperService.current()).toBe(first);
    clock.pass(5 * MINUTE_MS);
    expect(pepperService.current()).not.toBe(first);
  });

  it('without a grace period end when the next one is announced', async () => {
    const { pepperService } = await started(new SlowIndex(), { lifetimeMs: LIFETIME_MS, graceMs: 0 });
    const first = pepperService.current();
    clock.pass(LIFETIME_MS);
    expect(pepperService.isAccepted(first)).toBe(true);
    await pepperService.rotateIfDue();
    expect(pepperService.isAccepted(first)).toBe(false);
  });
});
