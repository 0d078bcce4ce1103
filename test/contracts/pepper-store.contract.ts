import { describe, expect, it } from 'vitest';
import { freshStores, type OpenStores } from './stores.js';

const first = { pepper: 'first', announcedFrom: 100 };
const second = { pepper: 'second', announcedFrom: 200 };
const third = { pepper: 'third', announcedFrom: 300 };

/** What every PepperStore promises. */
export function pepperStoreContract(open: OpenStores): void {
  describe('PepperStore contract', () => {
    const on = freshStores(open);
    const addAll = async () => {
      await on.peppers.add(first, undefined);
      await on.peppers.add(second, 'first');
      await on.peppers.add(third, 'second');
    };

    it('is empty at first', async () => {
      expect(await on.peppers.all()).toEqual([]);
    });

    it('returns all peppers in the order in which they are announced', async () => {
      await addAll();
      expect(await on.peppers.all()).toEqual([first, second, third]);
    });

    it.each([
      ['after another first pepper', { pepper: 'other', announcedFrom: 150 }, undefined],
      ['after one that is no longer the last', { pepper: 'other', announcedFrom: 250 }, 'first'],
      ['after one that does not exist', { pepper: 'other', announcedFrom: 250 }, 'unknown'],
    ])('adds no pepper %s', async (_case, scheduled, after) => {
      await on.peppers.add(first, undefined);
      await on.peppers.add(second, 'first');
      await on.peppers.add(scheduled, after);
      expect(await on.peppers.all()).toEqual([first, second]);
    });

    it.each([
      [201, [first, second]],
      [200, [first]],
      [101, [first]],
      [100, []],
    ])('replaces peppers announced at or after %i when one is added for that time', async (announcedFrom, kept) => {
      await on.peppers.add(first, undefined);
      await on.peppers.add(second, 'first');
      await on.peppers.add({ pepper: 'other', announcedFrom }, 'second');
      expect(await on.peppers.all()).toEqual([...kept, { pepper: 'other', announcedFrom }]);
    });

    it('adds a pepper that was announced before', async () => {
      await addAll();
      const again = { pepper: 'first', announcedFrom: 400 };
      await on.peppers.add(again, 'third');
      expect(await on.peppers.all()).toEqual([first, second, third, again]);
    });

    it('keeps only one of several peppers that are added concurrently after the same last one', async () => {
      await on.peppers.add(first, undefined);
      const candidates = Array.from({ length: 10 }, (_, at) => ({ pepper: `candidate${at}`, announcedFrom: 200 + at }));
      await Promise.all(candidates.map((candidate) => on.peppers.add(candidate, 'first')));
      const [, kept, ...others] = await on.peppers.all();
      expect(candidates).toContainEqual(kept);
      expect(others).toEqual([]);
    });

    it('keeps only one of several first peppers that are added concurrently', async () => {
      const candidates = Array.from({ length: 10 }, (_, at) => ({ pepper: `candidate${at}`, announcedFrom: 200 + at }));
      await Promise.all(candidates.map((candidate) => on.peppers.add(candidate, undefined)));
      expect(await on.peppers.all()).toHaveLength(1);
    });

    it.each([
      [99, [first, second, third]],
      [100, [first, second, third]],
      [199, [first, second, third]],
      [200, [second, third]],
      [10_000, [third]],
    ])('purged at %i, keeps the announced pepper and later ones', async (time, kept) => {
      await addAll();
      await on.peppers.purge(time);
      expect(await on.peppers.all()).toEqual(kept);
    });
  });
}
