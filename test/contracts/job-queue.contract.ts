import { describe, expect, it } from 'vitest';
import { freshStores, type OpenStores } from './stores.js';

const job = (name: string, runAt: number) => ({ kind: 'onbind', payload: { name }, runAt });

/** What every Jobs promises. */
export function jobsContract(open: OpenStores): void {
  describe('Jobs contract', () => {
    const on = freshStores(open);
    const take = async (time: number, leaseUntil = time + 100, limit = 10) =>
      (await on.jobs.take(time, leaseUntil, limit)).map(({ payload }) => payload.name as string);

    it('gives back a job as it was added, with an id and no attempts', async () => {
      const payload = { text: 'ä"\\\u2028', list: [1, null, { deep: true }], at: 1_700_000_000_123 };
      await on.jobs.add([{ kind: 'invite-mail', payload, runAt: 7 }]);
      const [taken] = await on.jobs.take(7, 8, 1);
      expect(taken).toEqual({ id: expect.any(String), kind: 'invite-mail', payload, runAt: 7, attempts: 0 });
    });

    it('takes what is due, oldest first, and nothing that is not', async () => {
      await on.jobs.add([job('c', 30), job('a', 10), job('late', 31), job('b', 20)]);
      expect(await take(30)).toEqual(['a', 'b', 'c']);
    });

    it('takes those of one time in the order in which they were added', async () => {
      await on.jobs.add([job('a', 10), job('b', 10)]);
      await on.jobs.add([job('c', 10)]);
      expect(await take(10)).toEqual(['a', 'b', 'c']);
    });

    it('takes no more than the limit', async () => {
      await on.jobs.add([job('b', 20), job('a', 10)]);
      expect(await take(20, 100, 1)).toEqual(['a']);
      expect(await take(20, 100, 1)).toEqual(['b']);
    });

    it('adds and takes nothing when there is nothing', async () => {
      await on.jobs.add([]);
      expect(await take(1_000)).toEqual([]);
    });

    it('hides a taken job until the given time, then gives it to the next', async () => {
      await on.jobs.add([job('a', 10)]);
      expect(await take(10, 50)).toEqual(['a']);
      expect(await take(49)).toEqual([]);
      expect(await take(50)).toEqual(['a']);
    });

    it('gives each job to one of many who take at the same moment', async () => {
      const names = Array.from({ length: 200 }, (_, at) => `job${at}`);
      await on.jobs.add(names.map((name) => job(name, 10)));
      const taken: string[] = [];
      for (let round = 0; round < 4; round++) {
        taken.push(...(await Promise.all(Array.from({ length: 10 }, () => take(10, 100, 5)))).flat());
      }
      taken.push(...(await take(10, 100, 200)));
      expect(taken.toSorted()).toEqual(names.toSorted());
    });

    it('removes a job for good', async () => {
      await on.jobs.add([job('a', 10), job('b', 10)]);
      const [first] = await on.jobs.take(10, 20, 1);
      await on.jobs.remove(first?.id ?? '');
      expect(await take(1_000)).toEqual(['b']);
    });

    it('counts an attempt and shows the job again when it is to run', async () => {
      await on.jobs.add([job('a', 10)]);
      const [first] = await on.jobs.take(10, 1_000, 1);
      await on.jobs.retry(first?.id ?? '', 50);
      expect(await take(49)).toEqual([]);
      const [second] = await on.jobs.take(50, 1_000, 1);
      expect(second).toEqual({ ...first, attempts: 1, runAt: 50 });
      await on.jobs.retry(first?.id ?? '', 60);
      expect(await on.jobs.take(60, 1_000, 1)).toMatchObject([{ attempts: 2 }]);
    });

    it('does nothing to a job that is gone', async () => {
      await on.jobs.add([job('a', 10)]);
      const [first] = await on.jobs.take(10, 20, 1);
      await on.jobs.remove(first?.id ?? '');
      await on.jobs.remove(first?.id ?? '');
      await on.jobs.retry(first?.id ?? '', 30);
      expect(await take(1_000)).toEqual([]);
    });
  });
}
