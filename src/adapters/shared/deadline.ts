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

export const noAnswer = (limitMs: number): Error => new Error(`no answer within ${Math.ceil(limitMs / 100) / 10} s`);

/** Waits for `work` no longer than until the deadline; whoever owns the work must end it. */
export async function within<T>(deadline: Deadline, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(noAnswer(deadline.limitMs)), deadline.left);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
