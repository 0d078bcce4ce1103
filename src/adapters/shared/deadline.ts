/** The time by which something must be finished. */
export class Deadline {
  private readonly at: number;

  /** @param leftMs the remaining part of the limit */
  constructor(
    readonly limitMs: number,
    leftMs = limitMs,
  ) {
    this.at = performance.now() + leftMs;
  }

  /** Remaining milliseconds, at least 1. */
  get left(): number {
    return Math.max(1, this.at - performance.now());
  }

  get isOver(): boolean {
    return performance.now() >= this.at;
  }
}

/** There was no result within the time limit. */
export class TimeLimitError extends Error {
  override readonly name = 'TimeLimitError';

  constructor(readonly limitMs: number) {
    super(`no answer within ${Number((limitMs / 1000).toPrecision(2))} s`);
  }
}

export const noAnswer = (limitMs: number): Error => new TimeLimitError(limitMs);

/**
 * Waits for `work` until the deadline at most. A function receives a signal when the time is up; a promise must be
 * cancelled by its owner.
 *
 * @throws TimeLimitError, even if the work ignores the signal
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
