import { LRUCache } from 'lru-cache';
import type { Clock } from '../../ports/clock.js';

export interface CacheOptions {
  /** How long an answer holds. */
  readonly hitsMs: number;
  /** How long it holds that there is none, or none that is clear. */
  readonly negativeTtlMs: number;
  /** Most answers that are kept; those that were not used for longest go. */
  readonly entries: number;
}

export interface KeptAnswer<Answer> {
  /** `undefined` for nobody. */
  readonly answer: Answer | undefined;
  /** ms since the epoch */
  readonly askedAt: number;
}

/**
 * Answers by question: kept for a while, in memory only, and asked for once by all who ask at the
 * same time. A failure is not kept.
 */
export class AnswerCache<Answer> {
  private readonly kept: LRUCache<string, KeptAnswer<Answer>> | undefined;
  private readonly inFlight = new Map<string, Promise<ReadonlyMap<string, Answer>>>();

  /**
   * @param options without them nothing is kept, and it is still asked for once
   * @param skipFailed hears why some of several questions have no answer
   */
  constructor(
    private readonly options: CacheOptions | undefined,
    private readonly isClear: (answer: Answer) => boolean,
    private readonly clock: Clock,
    private readonly skipFailed: (cause: unknown) => void,
  ) {
    this.kept = options && new LRUCache({ max: options.entries, ttlResolution: 0, perf: clock });
  }

  /** What is kept for one question. */
  peek(question: string): KeptAnswer<Answer> | undefined {
    return this.kept?.peek(question);
  }

  /**
   * @param ask is given each question that nobody knows or is asking already; what it answers to
   *   others is ignored
   * @throws what a question threw if there is an answer to none; else those that threw are passed over
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
      // Not before the questions stand in `underWay`.
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
