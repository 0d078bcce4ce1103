import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryPepperStore } from '../../support/memory/pepper-store.js';
import { lookupHash } from '../../../src/domain/identifiers/lookup-hash.js';
import { UpstreamPepperMonitor } from '../../../src/domain/peppers/upstream-pepper-monitor.js';
import { PepperService } from '../../../src/domain/peppers/pepper-service.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { upstreamPepperContract } from '../../contracts/upstream-pepper.contract.js';
import { FakeFollowedPepper } from '../../support/fake-followed-pepper.js';
import { alice, CountingRandom, FakeClock, RecordingTelemetry } from '../../support/fakes.js';
import { SlowIndex } from '../../support/slow-index.js';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
const LIFETIME_MS = 7 * DAY_MS;
const GRACE_MS = HOUR_MS;

const a = email('a@example.org');
const settle = () => new Promise(setImmediate);

describe('a fake of a followed upstream', () => {
  upstreamPepperContract(async (pepper) => {
    const followed = new FakeFollowedPepper(pepper);
    return {
      followed,
      change: (other) => void (followed.pepper = other),
      break: (isBroken) => void (followed.failure = isBroken ? new Error('gone') : undefined),
      lookUp: async () => followed.announceNew(),
      close: async () => undefined,
    };
  });
});

describe('Peppers that follow an upstream', () => {
  let clock: FakeClock;
  let random: CountingRandom;
  let store: MemoryPepperStore;
  let upstream: FakeFollowedPepper;

  beforeEach(() => {
    clock = new FakeClock();
    random = new CountingRandom();
    store = new MemoryPepperStore();
    upstream = new FakeFollowedPepper('theirs');
  });

  const instance = async (followed: FakeFollowedPepper | undefined) => {
    const index = new SlowIndex();
    await index.load('staff', async function* () {
      yield [{ threepid: a, mxid: alice }];
    });
    const recorded = new RecordingTelemetry();
    const watch = followed && new UpstreamPepperMonitor(followed, recorded, 'id.example.org');
    const options = { lifetimeMs: LIFETIME_MS, graceMs: GRACE_MS };
    const pepperService = new PepperService({ store, index, random, clock, telemetry: recorded }, options, watch);
    await pepperService.rotateIfDue();
    return {
      index,
      peppers: pepperService,
      recorded,
      finds: (pepper: string) => index.find('staff', pepper, lookupHash(a, pepper)),
    };
  };
  const started = () => instance(upstream);
  /** An instance that follows no upstream. */
  const standalone = () => instance(undefined);

  it('announce its pepper from the start, with all addresses hashed, and create none', async () => {
    const { peppers: pepperService, finds } = await started();
    expect(pepperService.current()).toBe('theirs');
    expect(finds('theirs')).toBe(alice);
    expect(await store.all()).toEqual([{ pepper: 'theirs', announcedFrom: clock.now() }]);
  });

  it('announce their own until that of the upstream is known, and then accept it for the grace period', async () => {
    upstream.failure = new Error('gone');
    const { peppers: pepperService } = await started();
    const own = pepperService.current();
    expect(own).not.toBe('theirs');
    expect(await pepperService.following('partner')).toEqual({
      isTheirs: false,
      isPepperLeader: false,
      announcedFrom: clock.now(),
      failure: 'gone',
    });

    upstream.failure = undefined;
    await pepperService.rotateIfDue();
    clock.pass(1);
    expect(pepperService.current()).toBe('theirs');
    expect(pepperService.isAccepted(own)).toBe(true);
    expect(await pepperService.following('partner')).toMatchObject({ isTheirs: true, failure: undefined });
    clock.pass(GRACE_MS);
    expect(pepperService.isAccepted(own)).toBe(false);
  });

  it.each([
    ['does not say where its pepper is from', [], false],
    ['created its pepper', ['id.partner.example'], false],
    ['follows another server', ['id.another.example', 'id.partner.example'], false],
    ['follows Islet, whose name comes first', ['id.example.org', 'id.partner.example'], true],
    [
      'follows Islet through another server, and the name of Islet comes first',
      ['id.example.org', 'id.z.example', 'id.partner.example'],
      true,
    ],
    ['follows Islet, which followed another server', ['id.a.example', 'id.example.org', 'id.partner.example'], true],
    ['follows Islet, and its own name comes first', ['id.example.org', 'id.a.example'], false],
    [
      'follows Islet through a server whose name comes first',
      ['id.example.org', 'id.a.example', 'id.partner.example'],
      false,
    ],
  ])(
    'are created by one of two servers that follow each other, if the upstream %s',
    async (_case, viaPath, isPepperLeader) => {
      const { peppers: pepperService, recorded } = await started();
      upstream.viaPath = viaPath;
      await pepperService.rotateIfDue();
      expect(await pepperService.following('partner')).toMatchObject({ isPepperLeader: isPepperLeader });
      expect(pepperService.monitor?.viaPath).toEqual(isPepperLeader ? [] : viaPath);
      clock.pass(LIFETIME_MS);
      await pepperService.rotateIfDue();
      expect(pepperService.current() === 'theirs').toBe(!isPepperLeader);
      expect(recorded.all('the upstream uses the pepper of Islet')).toHaveLength(isPepperLeader ? 1 : 0);

      // It no longer follows Islet.
      upstream.viaPath = ['id.partner.example'];
      await pepperService.rotateIfDue();
      clock.pass(1);
      expect(pepperService.current()).toBe('theirs');
    },
  );

  it('announce it even if another one is already scheduled, which is then dropped', async () => {
    const before = await standalone();
    const own = before.peppers.current();
    clock.pass(LIFETIME_MS - HOUR_MS / 2);
    await before.peppers.rotateIfDue();
    expect(await store.all()).toHaveLength(2);

    const { peppers: pepperService } = await started();
    expect(pepperService.current()).toBe('theirs');
    expect(pepperService.isAccepted(own)).toBe(true);
    clock.pass(HOUR_MS);
    await pepperService.rotateIfDue();
    expect(pepperService.current()).toBe('theirs');
  });

  it('announce another one as soon as all addresses are hashed with it, and accept the former for the grace period', async () => {
    const { index, peppers: pepperService, finds } = await started();
    clock.pass(HOUR_MS);
    upstream.pepper = 'another';
    index.isSlow = true;
    const keeping = pepperService.rotateIfDue();
    await settle();
    expect(pepperService.current()).toBe('theirs');
    expect(pepperService.isAccepted('theirs')).toBe(true);

    index.finish();
    await keeping;
    expect(pepperService.current()).toBe('another');
    expect(finds('another')).toBe(alice);
    clock.pass(GRACE_MS - 1);
    await pepperService.rotateIfDue();
    expect(pepperService.isAccepted('theirs')).toBe(true);
    expect(finds('theirs')).toBe(alice);
    clock.pass(1);
    await pepperService.rotateIfDue();
    expect(pepperService.isAccepted('theirs')).toBe(false);
    expect(index.peppers()).toEqual(['another']);
  });

  it('accept the former one for the grace period from the time when the new one is announced, however long hashing takes', async () => {
    const { index, peppers: pepperService } = await started();
    upstream.pepper = 'another';
    index.isSlow = true;
    const keeping = pepperService.rotateIfDue();
    await settle();
    clock.pass(2 * GRACE_MS);
    index.finish();
    await keeping;
    expect(pepperService.current()).toBe('another');
    expect(pepperService.isAccepted('theirs')).toBe(true);
  });

  it('are accepted while they are announced, even past the grace period of a faster instance', async () => {
    const [instanceA, instanceB] = [await started(), await started()];
    clock.pass(1);
    upstream.pepper = 'another';
    instanceB.index.isSlow = true;
    const keeping = instanceB.peppers.rotateIfDue();
    await instanceA.peppers.rotateIfDue();
    clock.pass(GRACE_MS);
    expect(instanceB.peppers.current()).toBe('theirs');
    expect(instanceB.peppers.isAccepted('theirs')).toBe(true);
    instanceB.index.finish();
    await keeping;
  });

  it('do not rotate, and keep the last known one, however long the upstream is unavailable', async () => {
    await started();
    upstream.failure = new Error('gone');
    const { peppers: pepperService } = await started();
    for (let days = 0; days < 30; days++) {
      clock.pass(DAY_MS);
      await pepperService.rotateIfDue();
    }
    expect(pepperService.current()).toBe('theirs');
    expect(await store.all()).toHaveLength(1);
  });

  it('log once that it cannot be read, and once that it can again', async () => {
    const { peppers: pepperService, recorded } = await started();
    const failures = ['no answer within 3 s', 'no answer within 2.9 s'].map((reason) => new Error(reason));
    for (const failure of failures) {
      upstream.failure = failure;
      await pepperService.rotateIfDue();
    }
    expect(pepperService.monitor?.failure).toBe('no answer within 2.9 s');
    expect(recorded.all('upstream pepper is not available; the current pepper is kept')).toEqual([
      { source: 'partner' },
    ]);
    expect(recorded.counted.filter(({ name }) => name === 'followed_pepper_failures')).toHaveLength(2);

    upstream.failure = undefined;
    await pepperService.rotateIfDue();
    await pepperService.rotateIfDue();
    expect(recorded.all('upstream pepper is available again')).toEqual([{ source: 'partner' }]);
    expect(pepperService.monitor?.failure).toBeUndefined();
    expect(JSON.stringify(recorded.lines)).not.toContain('theirs');
  });

  it.each([
    ['within the grace period', 1],
    ['after the grace period', 2 * GRACE_MS],
  ])('return to an earlier one together with the upstream, %s', async (_case, ms) => {
    const { peppers: pepperService, finds } = await started();
    for (const pepper of ['another', 'theirs', 'another', 'theirs']) {
      upstream.pepper = pepper;
      clock.pass(ms);
      await pepperService.rotateIfDue();
      expect(pepperService.current()).toBe(pepper);
      expect(pepperService.isAccepted(pepper)).toBe(true);
      expect(finds(pepper)).toBe(alice);
    }
  });

  it('rotate again when the upstream is no longer followed, and follow it again later', async () => {
    await started();
    clock.pass(DAY_MS);
    const off = await standalone();
    expect(off.peppers.current()).toBe('theirs');
    expect(await off.peppers.following('partner')).toBeUndefined();
    clock.pass(LIFETIME_MS - DAY_MS);
    await off.peppers.rotateIfDue();
    const own = off.peppers.current();
    expect(own).not.toBe('theirs');
    expect(off.peppers.isAccepted('theirs')).toBe(true);

    clock.pass(1);
    const on = await started();
    expect(on.peppers.current()).toBe('theirs');
    expect(on.peppers.isAccepted(own)).toBe(true);
  });

  it('are the same for two instances, also while one does not know yet what the other announces', async () => {
    const [instanceA, instanceB] = [await started(), await started()];
    clock.pass(DAY_MS);
    upstream.pepper = 'another';
    await instanceA.peppers.rotateIfDue();
    expect(instanceA.peppers.current()).toBe('another');
    expect(instanceB.peppers.current()).toBe('theirs');
    expect(instanceA.peppers.isAccepted('theirs')).toBe(true);

    expect(instanceB.peppers.isAccepted('another')).toBe(false);
    let calls = 0;
    instanceB.peppers.onStale(() => calls++);
    expect(await instanceB.peppers.refreshAndAccept('another')).toBe(true);
    expect(calls).toBe(1);
    expect(instanceB.finds('another')).toBe(alice);
    expect(await instanceB.peppers.refreshAndAccept('anything')).toBe(false);
    expect(calls).toBe(1);

    await Promise.all([instanceA.peppers.rotateIfDue(), instanceB.peppers.rotateIfDue()]);
    expect(instanceB.peppers.current()).toBe('another');
    expect(await store.all()).toHaveLength(2);
  });

  it('are added once by two instances that read another one at the same moment', async () => {
    const [instanceA, instanceB] = [await started(), await started()];
    clock.pass(DAY_MS);
    upstream.pepper = 'another';
    await Promise.all([instanceA.peppers.rotateIfDue(), instanceB.peppers.rotateIfDue()]);
    expect(await store.all()).toHaveLength(2);
    expect([instanceA.peppers.current(), instanceB.peppers.current()]).toEqual(['another', 'another']);
  });

  it('hash with at most four, however often it changes, and always accept the announced one', async () => {
    const { index, peppers: pepperService } = await started();
    for (let change = 1; change <= 10; change++) {
      upstream.pepper = `theirs${change}`;
      clock.pass(1000);
      index.isSlow = true;
      const keeping = pepperService.rotateIfDue();
      await settle();
      expect(pepperService.isAccepted(pepperService.current())).toBe(true);
      index.finish();
      await keeping;
      expect(pepperService.current()).toBe(upstream.pepper);
    }
    expect(index.peppers()).toHaveLength(4);
    expect(pepperService.isAccepted('theirs7')).toBe(true);
    expect(pepperService.isAccepted('theirs6')).toBe(false);
    expect(await pepperService.refreshAndAccept('theirs6')).toBe(false);
  });
});

describe.each([
  ['two', ['a', 'b']],
  ['three', ['b', 'a', 'c']],
])('%s servers of which each follows the next one', (_count, names) => {
  it.each([
    [
      'one after another',
      async (looks: readonly (() => Promise<void>)[]) =>
        looks.reduce(async (before, look) => {
          await before;
          await look();
        }, Promise.resolve()),
    ],
    [
      'at the same time',
      async (looks: readonly (() => Promise<void>)[]) => void (await Promise.all(looks.map(async (look) => look()))),
    ],
  ])(
    'agree on one pepper, which changes on the schedule of one of them, if they ask each other %s',
    async (_case, inTurn) => {
      const clock = new FakeClock();
      const servers: { name: string; pepperService: PepperService }[] = [];
      const followers = names.map((_name, at) => {
        const next = () => servers[(at + 1) % names.length];
        return {
          name: 'next',
          viaPath: [] as readonly string[],
          async current() {
            const { name = '', pepperService } = next() ?? {};
            if (!pepperService?.isReady()) throw new Error('it does not answer yet');
            this.viaPath = [...(pepperService.monitor?.viaPath ?? []), name];
            return pepperService.current();
          },
          onChange: () => ({ close: () => undefined }),
        };
      });
      for (const [at, name] of names.entries()) {
        const followed = followers[at];
        const random = { text: () => `${name}${clock.now()}` } as unknown as CountingRandom;
        const recorded = new RecordingTelemetry();
        const watch = followed && new UpstreamPepperMonitor(followed, recorded, name);
        const options = { lifetimeMs: LIFETIME_MS, graceMs: GRACE_MS };
        const index = new SlowIndex();
        servers.push({
          name,
          pepperService: new PepperService(
            { store: new MemoryPepperStore(), index, random, clock, telemetry: recorded },
            options,
            watch,
          ),
        });
      }
      const minutes = async (count: number) => {
        for (let minute = 0; minute < count; minute++) {
          await inTurn(
            servers.map(
              ({ pepperService }) =>
                () =>
                  pepperService.rotateIfDue(),
            ),
          );
          clock.pass(60_000);
        }
      };
      const announced = () => [...new Set(servers.map(({ pepperService }) => pepperService.current()))];
      await minutes(8);
      const before = announced();
      expect(before).toHaveLength(1);
      expect(
        servers.filter(({ pepperService }) => pepperService.monitor?.isPepperLeader).map(({ name }) => name),
      ).toEqual(['a']);
      await minutes(30);
      expect(announced()).toEqual(before);
      clock.pass(LIFETIME_MS);
      await minutes(4);
      expect(announced()).toHaveLength(1);
      expect(announced()[0]).toMatch(/^a/);
    },
  );
});
