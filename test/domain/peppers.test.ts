import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryPepperStore } from '../../src/adapters/memory/pepper-store.js';
import { isPepper, lookupHash } from '../../src/domain/hashing.js';
import { Peppers } from '../../src/domain/peppers.js';
import { email } from '../../src/domain/threepid.js';
import { alice, CountingRandom, FakeClock, Heard } from '../support/fakes.js';
import { SlowIndex } from '../support/slow-index.js';

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
    return { index, peppers: new Peppers(store, index, random, clock, new Heard(), options) };
  };

  const started = async (...options: Parameters<typeof instance>) => {
    const one = await instance(...options);
    await one.peppers.keep();
    return one;
  };

  describe('at the first start', () => {
    it('are not ready, announce nothing and accept nothing', async () => {
      const { peppers } = await instance();
      expect(peppers.isReady()).toBe(false);
      expect(() => peppers.current()).toThrow('no pepper is hashed yet');
      expect(peppers.isAccepted('')).toBe(false);
    });

    it('make one and hash everything under it (LOOK-2)', async () => {
      const { index, peppers } = await started();
      const pepper = peppers.current();
      expect(isPepper(pepper)).toBe(true);
      expect(peppers.isReady()).toBe(true);
      expect(peppers.isAccepted(pepper)).toBe(true);
      expect(index.find('staff', pepper, lookupHash(a, pepper))).toBe(alice);
      expect(await store.all()).toEqual([{ pepper, announcedFrom: clock.now() }]);
    });

    it('make no other one in another minute', async () => {
      const { index, peppers } = await started();
      const pepper = peppers.current();
      clock.pass(MINUTE_MS);
      await peppers.keep();
      expect(peppers.current()).toBe(pepper);
      expect(index.peppers()).toEqual([pepper]);
    });
  });

  it('change on a calendar, whenever it is that they are looked after', async () => {
    const start = clock.now();
    const { peppers } = await started();
    const announced = new Map([[peppers.current(), start]]);
    for (let minutes = 0; minutes < 4 * 7 * 24 * 60; minutes += 7) {
      clock.pass(7 * MINUTE_MS);
      await peppers.keep();
      if (!announced.has(peppers.current())) announced.set(peppers.current(), clock.now());
    }
    const times = [...announced.values()].map((time) => time - start);
    expect(times).toHaveLength(5);
    times.forEach((time, weeks) => {
      expect(time).toBeGreaterThanOrEqual(weeks * LIFETIME_MS);
      expect(time).toBeLessThan(weeks * LIFETIME_MS + 7 * MINUTE_MS);
    });
  });

  it('announce the next one at its time to the ms, also if nobody looks after them just then', async () => {
    const { peppers } = await started();
    const first = peppers.current();
    clock.pass(LIFETIME_MS - HOUR_MS);
    await peppers.keep();
    clock.pass(HOUR_MS - 1);
    expect(peppers.current()).toBe(first);
    clock.pass(1);
    expect(peppers.current()).not.toBe(first);
  });

  it('hash the next one, and accept it, before it is announced', async () => {
    const { index, peppers } = await started();
    const first = peppers.current();
    clock.pass(LIFETIME_MS - HOUR_MS - 1);
    await peppers.keep();
    expect(index.peppers()).toEqual([first]);

    clock.pass(1);
    await peppers.keep();
    const next = index.peppers().find((pepper) => pepper !== first) ?? '';
    expect(index.find('staff', next, lookupHash(a, next))).toBe(alice);
    expect(peppers.current()).toBe(first);
    expect(peppers.isAccepted(next)).toBe(true);
  });

  it('accept the previous one for the grace, and then forget it (LOOK-12)', async () => {
    const { index, peppers } = await started();
    const first = peppers.current();
    clock.pass(LIFETIME_MS);
    await peppers.keep();
    expect(peppers.current()).not.toBe(first);

    clock.pass(GRACE_MS - 1);
    await peppers.keep();
    expect(peppers.isAccepted(first)).toBe(true);
    expect(index.find('staff', first, lookupHash(a, first))).toBe(alice);

    clock.pass(1);
    expect(peppers.isAccepted(first)).toBe(false);
    await peppers.keep();
    expect(index.peppers()).toEqual([peppers.current()]);
    expect(await store.all()).toMatchObject([{ pepper: peppers.current() }]);
  });

  it('keep at most two in memory', async () => {
    const { index, peppers } = await started();
    let most = 0;
    for (let hours = 0; hours < 5 * 7 * 24; hours++) {
      clock.pass(HOUR_MS);
      await peppers.keep();
      most = Math.max(most, index.peppers().length);
    }
    expect(most).toBe(2);
    expect((await store.all()).length).toBeLessThanOrEqual(2);
  });

  it('never announce what is not hashed', async () => {
    const { index, peppers } = await started();
    const first = peppers.current();
    index.isSlow = true;
    clock.pass(LIFETIME_MS);
    const keeping = peppers.keep();
    await settle();
    expect(await store.all()).toHaveLength(2);
    expect(peppers.current()).toBe(first);
    expect(peppers.isAccepted((await store.all())[1]?.pepper ?? '')).toBe(false);

    index.finish();
    await keeping;
    expect(peppers.current()).not.toBe(first);
  });

  it('go on with the one they have where hashing fails, and try again', async () => {
    const { index, peppers } = await started();
    const first = peppers.current();
    clock.pass(LIFETIME_MS);
    const prepare = index.prepare.bind(index);
    index.prepare = () => Promise.reject(new Error('the thread is gone'));
    await expect(peppers.keep()).rejects.toThrow('the thread is gone');
    expect(peppers.current()).toBe(first);

    index.prepare = prepare;
    await peppers.keep();
    expect(peppers.current()).not.toBe(first);
  });

  describe('shared by two instances', () => {
    it('are the same ones at the first start, also if both start at once', async () => {
      const [one, two] = [await instance(), await instance()];
      await Promise.all([one.peppers.keep(), two.peppers.keep()]);
      expect(one.peppers.current()).toBe(two.peppers.current());
      expect(await store.all()).toHaveLength(1);
    });

    it('change together', async () => {
      const [one, two] = [await started(), await started()];
      for (let hours = 0; hours < 3 * 7 * 24; hours++) {
        clock.pass(HOUR_MS);
        await Promise.all([one.peppers.keep(), two.peppers.keep()]);
        expect(one.peppers.current()).toBe(two.peppers.current());
        expect(two.peppers.isAccepted(one.peppers.current())).toBe(true);
      }
    });

    it('are each accepted by the other while it is a minute behind', async () => {
      const [one, two] = [await started(), await started()];
      const first = one.peppers.current();
      clock.pass(LIFETIME_MS - HOUR_MS);
      await one.peppers.keep();
      clock.pass(MINUTE_MS);
      await two.peppers.keep();
      clock.pass(HOUR_MS - MINUTE_MS);
      expect(one.peppers.current()).not.toBe(first);
      expect(two.peppers.isAccepted(one.peppers.current())).toBe(true);
      expect(one.peppers.isAccepted(first)).toBe(true);
    });

    it('are announced by the one that has hashed them, while the other goes on with the old one', async () => {
      const [one, two] = [await started(), await started()];
      const first = one.peppers.current();
      two.index.isSlow = true;
      clock.pass(LIFETIME_MS);
      await one.peppers.keep();
      const keeping = two.peppers.keep();
      await settle();
      expect(one.peppers.current()).not.toBe(first);
      expect(two.peppers.current()).toBe(first);
      expect(one.peppers.isAccepted(first)).toBe(true);
      two.index.finish();
      await keeping;
    });
  });

  describe('after a restart', () => {
    it('are the same, and the previous one is accepted for the rest of its grace', async () => {
      const before = await started();
      const first = before.peppers.current();
      clock.pass(LIFETIME_MS);
      await before.peppers.keep();
      const second = before.peppers.current();
      clock.pass(GRACE_MS / 2);

      const { index, peppers } = await started();
      expect(peppers.current()).toBe(second);
      expect(peppers.isAccepted(first)).toBe(true);
      expect(index.find('staff', first, lookupHash(a, first))).toBe(alice);
    });

    it('announce nothing that is not due while the rest is being hashed', async () => {
      const before = await started();
      const first = before.peppers.current();
      clock.pass(LIFETIME_MS - HOUR_MS);
      await before.peppers.keep();

      const { peppers } = await started();
      expect(peppers.current()).toBe(first);
    });

    it.each([
      ['less than a lifetime and a grace', LIFETIME_MS + GRACE_MS - 1],
      ['weeks', 40 * DAY_MS],
    ])(
      'of %s: there is a new one at once, and the last one is accepted for a grace from now',
      async (_case, downMs) => {
        const before = await started();
        const first = before.peppers.current();
        clock.pass(downMs);

        const { index, peppers } = await started();
        const second = peppers.current();
        expect(second).not.toBe(first);
        expect(peppers.isAccepted(first)).toBe(true);
        expect(index.peppers().length).toBe(2);

        clock.pass(GRACE_MS);
        await peppers.keep();
        expect(peppers.isAccepted(first)).toBe(false);
        expect(peppers.current()).toBe(second);
        clock.pass(LIFETIME_MS - GRACE_MS);
        await peppers.keep();
        expect(peppers.current()).not.toBe(second);
      },
    );
  });

  it('of a short life are hashed half a life ahead and no sooner', async () => {
    const options = { lifetimeMs: 10 * MINUTE_MS, graceMs: MINUTE_MS };
    const { index, peppers } = await started(new SlowIndex(), options);
    const first = peppers.current();
    clock.pass(5 * MINUTE_MS - 1);
    await peppers.keep();
    expect(index.peppers()).toEqual([first]);
    clock.pass(1);
    await peppers.keep();
    expect(index.peppers()).toHaveLength(2);
    expect(peppers.current()).toBe(first);
    clock.pass(5 * MINUTE_MS);
    expect(peppers.current()).not.toBe(first);
  });

  it('without a grace end when the next one is announced', async () => {
    const { peppers } = await started(new SlowIndex(), { lifetimeMs: LIFETIME_MS, graceMs: 0 });
    const first = peppers.current();
    clock.pass(LIFETIME_MS);
    expect(peppers.isAccepted(first)).toBe(true);
    await peppers.keep();
    expect(peppers.isAccepted(first)).toBe(false);
  });
});
