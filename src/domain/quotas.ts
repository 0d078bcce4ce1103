import type { Limit, RateLimits } from '../ports/rate-limits.js';
import { Refused } from './errors.js';

/** How often each thing may be done, and by whom or to whom; `undefined` is without limit. */
export interface QuotaOptions {
  readonly mail: { readonly perAddress?: Limit; readonly perUser?: Limit; readonly perClient?: Limit };
  readonly sms: { readonly perNumber?: Limit; readonly perUser?: Limit; readonly perCountry?: Limit };
  readonly invites: { readonly perSender?: Limit; readonly perAddress?: Limit };
  readonly lookup: { readonly addressesPerUser?: Limit };
}

type Topic = keyof QuotaOptions;

/** Limits to what anybody can repeat, the same whichever way a request comes in. */
export class Quotas {
  constructor(
    private readonly limits: RateLimits,
    private readonly options: QuotaOptions,
  ) {}

  /**
   * Takes one use of each limit of a topic that has a subject here, in the order in which they are
   * named, e.g. `take('mail', { perUser: undefined, perAddress: 'a@example.org' })`. What was taken
   * before a refusal stays taken.
   *
   * @param points how many uses it is
   * @throws Refused `limit_exceeded` with `retry_after_ms`
   */
  async take<T extends Topic>(
    topic: T,
    subjects: { readonly [K in keyof QuotaOptions[T]]: string | undefined },
    points = 1,
  ): Promise<void> {
    const limits: Readonly<Record<string, Limit | undefined>> = this.options[topic];
    for (const [name, subject] of Object.entries<string | undefined>(subjects)) {
      const limit = limits[name];
      if (subject === undefined || !limit) continue;
      const waitMs = await this.limits.take(`${topic} ${name} ${subject}`, limit, points);
      if (waitMs > 0) throw new Refused('limit_exceeded', {}, { retry_after_ms: Math.ceil(waitMs) });
    }
  }
}
