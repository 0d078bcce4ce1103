import { describe, expect, it, vi } from 'vitest';
import { batched } from '../../../src/adapters/knex/batched.js';

/** Work that ends when the test says so. */
function heldWork() {
  const batches: (readonly string[])[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const work = (items: readonly string[]) =>
    new Promise<readonly string[]>((resolve, reject) => {
      batches.push(items);
      ends.push((error) => (error ? reject(error) : resolve(items.map((item) => item.toUpperCase()))));
    });
  return { batches, work, end: (error?: Error) => ends.shift()?.(error) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('concurrent requests for items', () => {
  it('of one turn are handled together, those that come meanwhile afterwards, each with its own answer', async () => {
    const { batches, work, end } = heldWork();
    const ask = batched(work, { atOnce: 1 });
    const answers = ['a', 'b'].map(ask);
    await turn();
    expect(batches).toEqual([['a', 'b']]);
    answers.push(...['c', 'd', 'e'].map(ask));
    end();
    await turn();
    end();
    expect(await Promise.all(answers)).toEqual(['A', 'B', 'C', 'D', 'E']);
    expect(batches).toEqual([
      ['a', 'b'],
      ['c', 'd', 'e'],
    ]);
  });

  it('within a millisecond are handled together if the last batch was shared', async () => {
    const { batches, work, end } = heldWork();
    const ask = batched(work, { atOnce: 1 });
    const shared = Promise.all(['a', 'b'].map(ask));
    await turn();
    end();
    await shared;
    await turn();
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    try {
      const later = [ask('c')];
      await turn();
      later.push(ask('d'));
      expect(batches).toHaveLength(1);
      vi.advanceTimersByTime(1);
      expect(batches[1]).toEqual(['c', 'd']);
      end();
      await Promise.all(later);
    } finally {
      vi.useRealTimers();
    }
  });

  it('run in as many batches at once as allowed, of at most 100', async () => {
    const { batches, work, end } = heldWork();
    const ask = batched(work, { atOnce: 2 });
    const answers = Promise.all(Array.from({ length: 203 }, (_, at) => ask(`n${at}`)));
    await turn();
    expect(batches.length).toBe(2);
    for (let at = 0; at < 3; at++) {
      end();
      await turn();
    }
    await answers;
    expect(batches.map(({ length }) => length)).toEqual([100, 100, 3]);
  });

  it('with the same key never share a batch, and keep their order', async () => {
    const { batches, work, end } = heldWork();
    const ask = batched(work, { atOnce: 1, keyOf: (item) => item.charAt(0) });
    const answers = Promise.all(['x', 'a1', 'a2', 'b1', 'a3', 'b2'].map(ask));
    for (let at = 0; at < 3; at++) {
      await turn();
      end();
    }
    await answers;
    expect(batches).toEqual([['x', 'a1', 'b1'], ['a2', 'b2'], ['a3']]);
  });

  it('with the same key are not handled at the same time either', async () => {
    const { batches, work, end } = heldWork();
    const ask = batched(work, { atOnce: 2, keyOf: (item) => item.charAt(0) });
    const answers = ['a1', 'a2'].map(ask);
    await turn();
    answers.push(ask('b'));
    await turn();
    expect(batches).toEqual([['a1'], ['b']]);
    end();
    await turn();
    expect(batches).toEqual([['a1'], ['b'], ['a2']]);
    end();
    end();
    expect(await Promise.all(answers)).toEqual(['A1', 'A2', 'B']);
  });

  it('fail together, or are tried one by one', async () => {
    const isBad = (items: readonly string[]) => items.includes('bad');
    const work = async (items: readonly string[]) => {
      await turn();
      if (isBad(items)) throw new Error(`bad: ${items.length}`);
      return items;
    };
    const items = ['first', 'good', 'bad', 'other'];
    const statuses = async (ask: (item: string) => Promise<string>) =>
      (await Promise.allSettled(items.map(ask))).map((result) =>
        result.status === 'fulfilled' ? result.value : (result.reason as Error).message,
      );
    expect(await statuses(batched(work, { atOnce: 1 }))).toEqual(Array.from(items, () => 'bad: 4'));
    const alone = batched(work, { atOnce: 1, mayBeOfOne: () => true });
    expect(await statuses(alone)).toEqual(['first', 'good', 'bad: 1', 'other']);
    expect(await alone('later')).toBe('later');
  });
});
