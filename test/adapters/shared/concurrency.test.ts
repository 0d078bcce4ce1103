import { describe, expect, it } from 'vitest';
import { runQueue } from '../../../src/adapters/shared/concurrency.js';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a queue', () => {
  it('runs what its work adds to it, never more at once than allowed, and ends when nothing is left', async () => {
    const waiting = [3, 0, 2];
    const done: number[] = [];
    let [running, most] = [0, 0];
    await runQueue(
      2,
      () => waiting.shift(),
      async (item) => {
        running += 1;
        most = Math.max(most, running);
        await turn();
        if (item > 0) waiting.push(item - 1, item - 1);
        done.push(item);
        running -= 1;
      },
    );
    expect([3, 2, 1, 0].map((item) => done.filter((finished) => finished === item).length)).toEqual([1, 3, 6, 13]);
    expect([most, running]).toEqual([2, 0]);
  });

  it('starts nothing more after a failure', async () => {
    const waiting = [1, 2, 3, 4];
    const started: number[] = [];
    const work = async (item: number) => {
      started.push(item);
      await turn();
      if (item === 2) throw new Error('two');
    };
    await expect(runQueue(2, () => waiting.shift(), work)).rejects.toThrow('two');
    await turn();
    expect(started).toEqual([1, 2, 3]);
  });

  it('without any item ends at once', async () => {
    const none = (): number | undefined => undefined;
    expect(await runQueue(2, none, turn)).toBeUndefined();
  });
});
