/** Limits the number of concurrent tasks. Waiting tasks start in the order of their arrival. */
export class Semaphore {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly width: number) {}

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.running >= this.width) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.running += 1;
    try {
      return await task();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}

/** Runs `work` for each item, at most `atOnce` at a time. After a failure no further items are started. */
export async function mapLimited<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results = new Map<number, R>();
  let left = [...items.entries()];
  const worker = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [index, item] = next;
      try {
        results.set(index, await work(item));
      } catch (error) {
        left = [];
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return items.map((_item, index) => results.get(index) as R);
}

/**
 * Runs `work` for each item that `next` returns, at most `atOnce` at a time. The work may make further items available:
 * all is finished when there are none and nothing runs. After a failure no further items are started.
 *
 * @param next `undefined` if there are none at the moment
 */
export async function runQueue<T>(
  atOnce: number,
  next: () => T | undefined,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let hasFailed = false;
  const worker = async () => {
    while (!hasFailed) {
      const item = next();
      if (item === undefined) {
        if (running.size === 0) return;
        await Promise.race(running);
        continue;
      }
      const done = work(item);
      running.add(done);
      try {
        await done;
      } catch (error) {
        hasFailed = true;
        throw error;
      } finally {
        running.delete(done);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
