import { describe, expect, it } from 'vitest';
import { CoalescedTask } from '../../../src/domain/shared/coalesced-task.js';

/** A task whose runs end when the test says so. */
function heldTask() {
  const ends: PromiseWithResolvers<void>[] = [];
  const task = new CoalescedTask(() => {
    const end = withResolvers();
    ends.push(end);
    return end.promise;
  });
  return { task, ends };
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

function withResolvers(): PromiseWithResolvers<void> {
  let [resolve, reject] = [(): void => undefined, (_error: Error): void => undefined];
  const promise = new Promise<void>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a coalesced task', () => {
  it('runs once more for all calls that arrive while it runs', async () => {
    const { task, ends } = heldTask();
    const first = task.run();
    await turn();
    const later = [task.run(), task.run(), task.run()];
    await turn();
    expect(ends).toHaveLength(1);

    ends[0]?.resolve();
    await first;
    await turn();
    expect(ends).toHaveLength(2);
    ends[1]?.resolve();
    await Promise.all(later);
    await turn();
    expect(ends).toHaveLength(2);
  });

  it('rejects all calls that share a failed run, and runs again for the next call', async () => {
    const { task, ends } = heldTask();
    const failing = [task.run(), task.run()];
    await turn();
    ends[0]?.reject(new Error('no database'));
    expect(await Promise.allSettled(failing)).toEqual(
      failing.map(() => ({ status: 'rejected', reason: new Error('no database') })),
    );

    const next = task.run();
    await turn();
    ends[1]?.resolve();
    await expect(next).resolves.toBeUndefined();
  });

  it('begins after the work for which it waits, even if that fails', async () => {
    const { task, ends } = heldTask();
    const load = withResolvers();
    const loading = task.waitFor(load.promise);
    const run = task.run();
    await turn();
    expect(ends).toHaveLength(0);

    load.reject(new Error('no database'));
    await expect(loading).rejects.toThrow('no database');
    await turn();
    expect(ends).toHaveLength(1);
    ends[0]?.resolve();
    await run;
  });
});
