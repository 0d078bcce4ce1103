import type { Limit, RateLimits } from '../../ports/rate-limits.js';
import type { Telemetry } from '../../ports/telemetry.js';
import { DomainError } from '../shared/errors.js';

/** How often each thing may be done, and by whom or to whom; `undefined` is without limit. */
export interface QuotaOptions {
  readonly mail: { readonly perAddress?: Limit; readonly perUser?: Limit; readonly perClient?: Limit };
  readonly sms: { readonly perNumber?: Limit; readonly perUser?: Limit; readonly perCountry?: Limit };
  readonly invites: { readonly perSender?: Limit; readonly perAddress?: Limit };
  readonly lookup: { readonly addressesPerUser?: Limit };
}

type Topic = keyof QuotaOptions;

/** What counts while the shared counters cannot be written, on a full disk. */
export interface FallbackLimits {
  readonly limits: RateLimits;
  readonly telemetry: Telemetry;
}

/** Limits to what anybody can repeat, the same whichever way a request comes in. */
export class Quotas {
  private usesFallback = false;

  /** @param spare for lookups: they store nothing else, and must not end with the disk */
  constructor(
    private readonly limits: RateLimits,
    private readonly options: QuotaOptions,
    private readonly spare?: FallbackLimits,
  ) {}

  /**
   * Takes one use of each limit of a topic that has a subject here, in the order in which they are
   * named, e.g. `take('mail', { perUser: undefined, perAddress: 'a@example.org' })`. What was taken
   * before a refusal stays taken.
   *
   * @param points how many uses it is
   * @throws Refused `limit_exceeded` with `retry_after_ms`
   */
  async consume<T extends Topic>(
    topic: T,
    subjects: { readonly [K in keyof QuotaOptions[T]]: string | undefined },
    points = 1,
  ): Promise<void> {
    const limits: Readonly<Record<string, Limit | undefined>> = this.options[topic];
    for (const [name, subject] of Object.entries<string | undefined>(subjects)) {
      const limit = limits[name];
      if (subject === undefined || !limit) continue;
      const key = `${topic} ${name} ${subject}`;
      const waitMs = await (topic === 'lookup'
        ? this.consumeOrFallback(key, limit, points)
        : this.limits.consume(key, limit, points));
      if (waitMs > 0) throw new DomainError('limit_exceeded', {}, { retry_after_ms: Math.ceil(waitMs) });
    }
  }

  private async consumeOrFallback(key: string, limit: Limit, points: number): Promise<number> {
    try {
      const waitMs = await this.limits.consume(key, limit, points);
      this.usesFallback = false;
      return waitMs;
    } catch (cause) {
      if (!this.spare) throw cause;
      const message = 'limits cannot be stored: lookups are counted in memory, by each instance for itself';
      if (!this.usesFallback) this.spare.telemetry.warn(message, {}, cause);
      this.usesFallback = true;
      return this.spare.limits.consume(key, limit, points);
    }
  }
}
