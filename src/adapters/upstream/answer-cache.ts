import { LRUCache } from 'lru-cache';
import type { Clock } from '../../ports/clock.js';

export interface CacheOptions {
  /** How long a positive answer is cached. */
  readonly hitsMs: number;
  /** How long a negative or ambiguous answer is cached. */
  readonly negativeTtlMs: number;
  /** Maximum number of cached answers. The least recently used ones are evicted. */
  readonly entries: number;
}

export interface KeptAnswer<Answer> {
  /** `undefined` if there is no answer. */
  readonly answer: Answer | undefined;
  /** ms since the epoch */
  readonly askedAt: number;
}

/**
 * Caches answers by question, for a limited time and in memory only. Concurrent callers share one request. Failures are
 * not cached.
 */
export class AnswerCache<Answer> {
  private readonly kept: LRUCache<string, KeptAnswer<Answer>> | undefined;
  private readonly inFlight = new Map<string, Promise<ReadonlyMap<string, Answer>>>();

  /**
   * @param options absent: nothing is cached, but concurrent requests are still shared
   * @param skipFailed receives the reason why some of several questions have no answer
   */
  constructor(
    private readonly options: CacheOptions | undefined,
    private readonly isClear: (answer: Answer) => boolean,
    private readonly clock: Clock,
    private readonly skipFailed: (cause: unknown) => void,
  ) {
    // With `max`, the cache would allocate room for all entries at once.
    this.kept =
      options && new LRUCache({ maxSize: options.entries, sizeCalculation: () => 1, ttlResolution: 0, perf: clock });
  }

  /** The cached answer to one question. */
  peek(question: string): KeptAnswer<Answer> | undefined {
    return this.kept?.peek(question);
  }

  /**
   * @param ask receives the questions that are neither cached nor in flight; answers to other questions are ignored
   * @throws the error of a question if no question has an answer; otherwise failed questions are skipped
   */
  async find(
    questions: readonly string[],
    ask: (missing: readonly string[]) => Promise<ReadonlyMap<string, Answer>>,
  ): Promise<ReadonlyMap<string, Answer>> {
    const answers = new Map<string, Answer>();
    const missing: string[] = [];
    const waiting = new Map<string, Promise<ReadonlyMap<string, Answer>>>();
    for (const question of new Set(questions)) {
      const known = this.kept?.get(question);
      const asked = this.inFlight.get(question);
      if (known) note(answers, question, known.answer);
      else if (asked) waiting.set(question, asked);
      else missing.push(question);
    }
    if (missing.length > 0) {
      const asked = this.askFor(missing, ask);
      for (const question of missing) {
        this.inFlight.set(question, asked);
        waiting.set(question, asked);
      }
    }
    const outcomes = await Promise.allSettled(new Set(waiting.values()));
    for (const [question, asked] of waiting) {
      const found = await asked.catch(() => undefined);
      note(answers, question, found?.get(question));
    }
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') continue;
      if (answers.size === 0) throw outcome.reason;
      this.skipFailed(outcome.reason);
    }
    return answers;
  }

  private async askFor(
    missing: readonly string[],
    ask: (missing: readonly string[]) => Promise<ReadonlyMap<string, Answer>>,
  ): Promise<ReadonlyMap<string, Answer>> {
    try {
      const askedAt = this.clock.now();
      // Only after the questions have been added to `inFlight`.
      const found = await Promise.resolve(missing).then(ask);
      for (const question of missing) this.keep(question, { answer: found.get(question), askedAt });
      return found;
    } finally {
      for (const question of missing) this.inFlight.delete(question);
    }
  }

  private keep(question: string, known: KeptAnswer<Answer>): void {
    if (!this.options) return;
    const isHit = known.answer !== undefined && this.isClear(known.answer);
    const ttl = isHit ? this.options.hitsMs : this.options.negativeTtlMs;
    this.kept?.set(question, known, { ttl });
  }
}

function note<Answer>(answers: Map<string, Answer>, question: string, answer: Answer | undefined): void {
  if (answer !== undefined) answers.set(question, answer);
}
