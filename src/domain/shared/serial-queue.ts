/** A queue: each task starts when the previous ones have ended, successfully or not. */
export function serialQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  const turns = serialQueues();
  return (work) => turns('', work);
}

/** A queue for each key; empty queues are removed. */
export function serialQueues(): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return async (key, work) => {
    const turn = (last.get(key) ?? Promise.resolve()).then(work);
    // The caller gets the error; the next task only waits for the end.
    const settled = turn.catch(() => undefined);
    last.set(key, settled);
    try {
      return await turn;
    } finally {
      if (last.get(key) === settled) last.delete(key);
    }
  };
}
