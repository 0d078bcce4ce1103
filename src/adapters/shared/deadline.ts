/** When something must be done with. */
export class Deadline {
  private readonly at: number;

  /** @param leftMs how much of the limit has not passed yet */
  constructor(
    readonly limitMs: number,
    leftMs = limitMs,
  ) {
    this.at = performance.now() + leftMs;
  }

  /** Milliseconds that are left, at least 1. */
  get left(): number {
    return Math.max(1, this.at - performance.now());
  }

  get isOver(): boolean {
    return performance.now() >= this.at;
  }
}

/** Something gave no answer in its time. */
export class TimeLimitError extends Error {
  override readonly name = 'TimeLimitError';

  constructor(readonly limitMs: number) {
    super(`no answer within ${Number((limitMs / 1000).toPrecision(2))} s`);
  }
}

export const noAnswer = (limitMs: number): Error => new TimeLimitError(limitMs);

/**
 * Waits for `work` no longer than until the deadline. A function hears of it by its signal; otherwise
 * whoever owns the work must end it.
 *
 * @throws TimeLimitError whether or not the work heeds the signal
 */
export async function within<T>(
  deadline: Deadline,
  work: PromiseLike<T> | ((signal: AbortSignal) => T | PromiseLike<T>),
): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = noAnswer(deadline.limitMs);
      reject(error);
      controller.abort(error);
    }, deadline.left);
  });
  try {
    const running = typeof work === 'function' ? Promise.resolve(controller.signal).then(work) : work;
    return await Promise.race([running, late]);
  } finally {
    clearTimeout(timer);
  }
}
