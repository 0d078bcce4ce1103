import { describe, expect, it } from 'vitest';
import { LONGEST_DELAY_MS, type NewJob } from '../../src/domain/jobs/job.js';
import type { JobRequest } from '../../src/ports/job-queue.js';
import { takeAll, wanted } from '../support/jobs.js';
import { freshStores, type OpenStores, readAll } from './stores.js';

const job = (name: string, runAt: number, homeserver = 'example.org'): NewJob<'onbind'> => ({
  kind: 'onbind',
  payload: { medium: 'email', address: name, mxid: `@anna:${homeserver}`, invite: null },
  runAt,
});

const mail = (address: string, runAt: number): NewJob<'invite-mail'> => ({
  kind: 'invite-mail',
  payload: {
    address,
    link: 'https://app.example.org/#/room/!r:example.org?signurl=ä"\\\u2028',
    brand: null,
    acceptLanguage: null,
    sender: '@bob:example.org',
    senderDisplayName: 'Bob & Söhne',
    roomName: '',
    roomAlias: null,
    roomAvatarUrl: null,
    roomType: null,
  },
  runAt,
});

/** What every JobQueue promises. */
export function jobQueueContract(open: OpenStores): void {
  describe('JobQueue contract', () => {
    const on = freshStores(open);
    const take = async (time: number, more: Partial<JobRequest> = {}) =>
      (await on.jobs.take(wanted({ time, ...more }))).map(({ payload }) => payload.address);
    const takeOne = async (time: number, more: Partial<JobRequest> = {}) => {
      const [taken] = await on.jobs.take(wanted({ time, limit: 1, ...more }));
      if (!taken) throw new Error('there is nothing to take');
      return taken;
    };
    const leaseOf = async (id: string) => (await on.jobs.leases()).filter((lease) => lease.id === id);

    it('returns a job as it was added, with an id, its destination and no attempts', async () => {
      await on.jobs.add([mail('anna@example.org', 7)]);
      expect(await takeOne(7)).toEqual({
        ...mail('anna@example.org', 7),
        id: expect.any(String),
        attempts: 0,
        destination: 'mail server',
        failure: undefined,
      });
    });

    it('notifies listeners of the kinds of added jobs once these can be taken', async () => {
      const calls: unknown[] = [];
      const recorded = new Promise<void>((resolve) => {
        on.jobs.onAdded((kinds) => {
          void take(10).then((taken) => {
            calls.push(kinds, taken);
            resolve();
          });
        });
      });
      await on.jobs.add([]);
      await on.jobs.add([mail('a', 10), job('b', 10), mail('c', 10)]);
      await recorded;
      expect(calls).toEqual([
        ['invite-mail', 'onbind'],
        ['a', 'b', 'c'],
      ]);
    });

    it('takes only due jobs, the oldest first', async () => {
      await on.jobs.add([job('c', 30), job('a', 10), job('late', 31), job('b', 20)]);
      expect(await take(30)).toEqual(['a', 'b', 'c']);
    });

    it('takes jobs of the same time in the order in which they were added', async () => {
      await on.jobs.add([job('a', 10), job('b', 10)]);
      await on.jobs.add([job('c', 10)]);
      expect(await take(10)).toEqual(['a', 'b', 'c']);
    });

    it('takes at most the limit, the oldest or the newest due jobs', async () => {
      await on.jobs.add([job('b', 20), job('a', 10), job('c', 30), job('d', 40)]);
      expect(await take(30, { limit: 1 })).toEqual(['a']);
      expect(await take(30, { limit: 1, order: 'newest' })).toEqual(['c']);
    });

    it('takes a job that is due later than any delay allows, because it was added with a wrong clock', async () => {
      await on.jobs.add([job('soon', LONGEST_DELAY_MS + 10), job('in ten years', LONGEST_DELAY_MS + 11)]);
      expect(await take(10)).toEqual(['in ten years']);
    });

    it('takes only jobs of the given kinds, and leaves the others', async () => {
      await on.jobs.add([mail('a', 10), job('b', 10)]);
      expect(await take(10, { kinds: ['onbind'] })).toEqual(['b']);
      expect(await take(10, { kinds: ['notify-bound'] })).toEqual([]);
      expect(await take(10, { kinds: ['notify-bound', 'invite-mail'] })).toEqual(['a']);
    });

    it('takes new jobs separately from jobs that were tried before', async () => {
      await on.jobs.add([job('a', 10), job('b', 10)]);
      const first = await takeOne(10);
      await on.jobs.retry(first.id, 'test/1', 20, 'why');
      expect(await take(20, { attempt: 'later' })).toEqual(['a']);
      expect(await take(20)).toEqual(['b']);
    });

    it('takes no more jobs of one destination than a holder may have, its oldest first', async () => {
      const jobs = ['a', 'b', 'c'].flatMap((name, at) => [job(name, at, 'one.org'), job(`${name}2`, at, 'two.org')]);
      await on.jobs.add(jobs);
      const inHand = new Map([['homeserver two.org', 1]]);
      expect(await take(10, { perDestination: 2, inHand })).toEqual(['a', 'a2', 'b']);
      expect(await take(10, { perDestination: 1, inHand: new Map([['homeserver two.org', 5]]) })).toEqual(['c']);
    });

    it('does nothing if no jobs are added, and takes nothing if there are none', async () => {
      await on.jobs.add([]);
      expect(await take(1_000)).toEqual([]);
      expect(await on.jobs.leases()).toEqual([]);
      expect(await on.jobs.backlog()).toEqual([]);
    });

    it('gives each job to only one of many concurrent takers', async () => {
      const names = Array.from({ length: 200 }, (_, at) => `job${at}`);
      await on.jobs.add(names.map((name) => job(name, 10)));
      const taken: string[] = [];
      for (let round = 0; round < 4; round++) {
        const takes = Array.from({ length: 10 }, (_, at) => take(10, { holder: `test/${at}`, limit: 5 }));
        taken.push(...(await Promise.all(takes)).flat());
      }
      taken.push(...(await take(10)));
      expect(taken.toSorted()).toEqual(names.toSorted());
    });

    it('gives a running job to no one else, however long it takes', async () => {
      await on.jobs.add([job('a', 10)]);
      const { id } = await takeOne(10, { holder: 'one/1' });
      expect(await take(1e12, { holder: 'two/1' })).toEqual([]);
      expect(await on.jobs.leases()).toEqual([{ id, holder: 'one/1', beat: expect.any(Number) }]);
    });

    it('changes the beat of the leases that a holder renews, and of no others', async () => {
      await on.jobs.add([job('a', 10), job('b', 10)]);
      const [a, b] = await on.jobs.take(wanted({ time: 10 }));
      const [before, other] = [await leaseOf(a?.id ?? ''), await leaseOf(b?.id ?? '')];
      await on.jobs.renew('test/1', [a?.id ?? ''], 20);
      await on.jobs.renew('test/2', [b?.id ?? ''], 20);
      expect((await leaseOf(a?.id ?? ''))[0]?.beat).not.toBe(before[0]?.beat);
      expect(await leaseOf(b?.id ?? '')).toEqual(other);
    });

    it('releases jobs of a holder that stopped, with an attempt counted, except renewed ones', async () => {
      await on.jobs.add([job('a', 10), job('b', 10)]);
      const taken = await on.jobs.take(wanted({ time: 10 }));
      const leases = await on.jobs.leases();
      await on.jobs.renew('test/1', [taken[1]?.id ?? ''], 20);
      expect(await on.jobs.release(leases)).toBe(1);
      expect(await on.jobs.take(wanted({ time: 20, holder: 'two/1', attempt: 'later' }))).toMatchObject([
        { id: taken[0]?.id, attempts: 1 },
      ]);
    });

    it('removes a job only for its holder', async () => {
      await on.jobs.add([job('a', 10), job('b', 10)]);
      const { id } = await takeOne(10);
      expect(await on.jobs.remove(id, 'test/2')).toBe(false);
      expect(await on.jobs.remove(id, 'test/1')).toBe(true);
      expect(await on.jobs.remove(id, 'test/1')).toBe(false);
      expect(await take(1_000)).toEqual(['b']);
    });

    it('adds and removes jobs at the same time, each with its own answer', async () => {
      await Promise.all(['a', 'b', 'c', 'd'].map((name) => on.jobs.add([job(name, 10)])));
      const taken = await on.jobs.take(wanted({ time: 10 }));
      const [a = '', b = '', c = ''] = taken.map(({ id }) => id);
      const removed = [on.jobs.remove(a, 'test/1'), on.jobs.remove(b, 'test/2'), on.jobs.remove(c, 'test/1')];
      expect(await Promise.all([...removed, on.jobs.remove('987654', 'test/1')])).toEqual([true, false, true, false]);
      const left = new Set((await on.jobs.leases()).map(({ id }) => id));
      expect(left).toEqual(new Set([b, taken[3]?.id]));
    });

    it('counts an attempt, and returns the job again when it is due, with the reason', async () => {
      await on.jobs.add([job('a', 10)]);
      const first = await takeOne(10);
      await on.jobs.retry(first.id, 'test/1', 50, 'nobody answers');
      expect(await take(49, { attempt: 'later' })).toEqual([]);
      const second = await takeOne(50, { attempt: 'later' });
      expect(second).toEqual({ ...first, attempts: 1, runAt: 50, failure: 'nobody answers' });
      await on.jobs.retry(first.id, 'test/1', 60, 'nobody answers');
      expect(await takeOne(60, { attempt: 'later' })).toMatchObject({ attempts: 2 });
    });

    it('puts a job back as if it had not been taken', async () => {
      await on.jobs.add([job('a', 10)]);
      const first = await takeOne(10);
      await on.jobs.requeue(first.id, 'test/1', 20);
      expect(await take(19)).toEqual([]);
      expect(await takeOne(20)).toEqual({ ...first, runAt: 20 });
    });

    it('does nothing to a job that another holder has or that is removed', async () => {
      await on.jobs.add([job('a', 10), job('b', 10)]);
      const [a, b] = await on.jobs.take(wanted({ time: 10 }));
      await on.jobs.retry(a?.id ?? '', 'test/2', 30, 'why');
      await on.jobs.requeue(a?.id ?? '', 'test/2', 30);
      expect(await on.jobs.leases()).toHaveLength(2);
      await on.jobs.remove(b?.id ?? '', 'test/1');
      await on.jobs.retry(b?.id ?? '', 'test/1', 30, 'why');
      await on.jobs.requeue(b?.id ?? '', 'test/1', 30);
      expect(await takeAll(on.jobs, 1_000)).toEqual([]);
    });

    it('postpones all due jobs of one destination, with an attempt counted', async () => {
      await on.jobs.add([job('a', 10, 'dead.org'), job('b', 10), job('c', 99, 'dead.org'), job('d', 10, 'dead.org')]);
      await takeOne(10);
      await on.jobs.postpone('homeserver dead.org', 20, 50, 'nobody answers');
      expect(await take(49)).toEqual(['b']);
      expect(await on.jobs.take(wanted({ time: 50, attempt: 'later' }))).toMatchObject([
        { payload: { address: 'd' }, attempts: 1, failure: 'nobody answers' },
      ]);
      expect(await take(99)).toEqual(['c']);
    });

    it('lists the jobs of one kind, whether taken or not, and counts waiting ones', async () => {
      await on.jobs.add([job('a', 10), mail('m', 12), job('b', 11)]);
      const { id } = await takeOne(10, { kinds: ['onbind'] });
      await on.jobs.retry(id, 'test/1', 50, 'why');
      await takeOne(11, { kinds: ['onbind'] });
      expect((await readAll(on.jobs.list('onbind'))).map(({ payload }) => payload.address)).toEqual(['a', 'b']);
      expect(await on.jobs.backlog()).toEqual([
        { kind: 'invite-mail', waiting: 1, retried: 0, oldestAt: 12 },
        { kind: 'onbind', waiting: 2, retried: 1, oldestAt: 10 },
      ]);
    });
  });
}
