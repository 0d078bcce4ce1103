/**
 * The outcome of some work, which is told by its signal when it has taken too long.
 *
 * @throws Error `no answer within 3 s`, whether or not the work heeds the signal
 */
export async function within<T>(limitMs: number, work: (signal: AbortSignal) => T | Promise<T>): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`no answer within ${limitMs / 1000} s`);
      reject(error);
      controller.abort(error);
    }, limitMs);
  });
  try {
    return await Promise.race([Promise.resolve(controller.signal).then(work), late]);
  } finally {
    clearTimeout(timer);
  }
}
