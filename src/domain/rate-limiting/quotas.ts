import type { Limit, RateLimits } from '../../ports/rate-limits.js';
import type { Telemetry } from '../../ports/telemetry.js';
import { homeserverOf } from '../identifiers/mxid.js';
import { DomainError } from '../shared/errors.js';
import { type Asker, homeserverKey, responsibleParty, type SubjectKind } from './asker.js';
import type { CountedLimit, Topic } from './counted-limit.js';
import { ownLimitName, serverLimits, type ServerLimits } from './server-limits.js';

/** Rate limits by action, and by requester or target; `undefined` means no limit. */
export interface QuotaOptions {
  readonly mail: {
    readonly perAddress?: Limit;
    readonly perUser?: Limit;
    readonly perHomeserver?: Limit;
    readonly perClient?: Limit;
  };
  readonly sms: {
    readonly perNumber?: Limit;
    readonly perUser?: Limit;
    readonly perHomeserver?: Limit;
    readonly perClient?: Limit;
    readonly perCountry?: Limit;
    readonly perCountryAndHomeserver?: Limit;
  };
  readonly invites: {
    readonly perSender?: Limit;
    readonly perHomeserver?: Limit;
    readonly perClient?: Limit;
    readonly perAddress?: Limit;
  };
  readonly lookup: {
    readonly addressesPerUser?: Limit;
    readonly addressesPerHomeserver?: Limit;
    readonly addressesPerClient?: Limit;
  };
  readonly search?: { readonly hitsPerUser?: Limit };
  readonly signIn?: { readonly perHomeserver?: Limit; readonly perClient?: Limit };
  /** Individual limits for some requesters: see `ServerLimits`. */
  readonly servers?: ServerLimits;
  /** Homeservers named in the configuration. */
  readonly knownHomeservers?: readonly string[];
}

type Options<T extends Topic> = NonNullable<QuotaOptions[T]>;

/** Which limits of a topic are per requester. */
const ASKERS = {
  mail: { user: 'perUser', homeserver: 'perHomeserver', client: 'perClient' },
  sms: { user: 'perUser', homeserver: 'perHomeserver', client: 'perClient' },
  invites: { user: 'perSender', homeserver: 'perHomeserver', client: 'perClient' },
  lookup: { user: 'addressesPerUser', homeserver: 'addressesPerHomeserver', client: 'addressesPerClient' },
  search: { user: 'hitsPerUser', homeserver: undefined, client: undefined },
  signIn: { user: undefined, homeserver: 'perHomeserver', client: 'perClient' },
} as const satisfies Record<Topic, Readonly<Record<'user' | 'homeserver' | 'client', string | undefined>>>;

const KINDS: Readonly<Record<string, SubjectKind>> = {
  perAddress: 'address',
  perNumber: 'number',
  perCountry: 'country',
  perCountryAndHomeserver: 'homeserver and country',
  perUser: 'user',
  perSender: 'user',
  addressesPerUser: 'user',
  hitsPerUser: 'user',
  perHomeserver: 'homeserver',
  addressesPerHomeserver: 'homeserver',
  perClient: 'client',
  addressesPerClient: 'client',
};

/** The limits used while the shared counters cannot be written, e.g. because the disk is full, and the metrics. */
export interface FallbackLimits {
  readonly limits: RateLimits;
  readonly telemetry: Telemetry;
}

/** The names of all limits that these options set, as in the log and the metrics. */
export const limitNames = (options: QuotaOptions): readonly string[] =>
  Object.keys(ASKERS).flatMap((topic) => {
    const limits = Object.entries(options[topic as Topic] ?? {}).filter(([, limit]) => limit !== undefined);
    const own = Object.values(options.servers ?? {}).some((server) => server[topic as Topic]);
    return [
      ...limits.map(([name]) => `limits.${topic}.${name}`),
      ...(own ? [`limits.${ownLimitName(topic as Topic)}`] : []),
    ];
  });

/** Rate limits for actions that can be repeated, the same for all APIs. */
export class Quotas {
  private usesFallback = false;
  private readonly ownLimit: ReturnType<typeof serverLimits>;
  private readonly named: ReadonlySet<string>;

  /** @param spare for lookups and searches: they store nothing else, and must still work when the disk is full */
  constructor(
    private readonly limits: RateLimits,
    private readonly options: QuotaOptions,
    private readonly spare?: FallbackLimits,
  ) {
    this.ownLimit = serverLimits(options.servers ?? {});
    this.named = new Set(options.knownHomeservers?.map(homeserverKey));
  }

  /**
   * Counts an action against the limits of the requester, and then against those of `about`. The requester comes first:
   * a requester who is over the limit must not use up the limit of another person's address. The user is counted before
   * the homeserver. The client is counted if there is no user; for mails, always. A user or client with an individual
   * limit acts for many people, and only that limit is counted.
   *
   * @param points the number of actions
   * @throws DomainError `limit_exceeded`, like `consume`
   */
  async consumeFor<T extends Topic>(
    topic: T,
    asker: Asker,
    about: { readonly [K in keyof Options<T>]?: string | undefined } = {},
    points = 1,
  ): Promise<void> {
    const { user, client } = asker;
    const own = this.ownLimit(topic, 'user', user) ?? this.ownLimit(topic, 'client', client);
    if (own) await this.take(own, points);
    else {
      const homeserver = user === undefined ? undefined : homeserverOf(user);
      if (user !== undefined) await this.takeOf(topic, 'user', user, points);
      if (homeserver !== undefined) await this.takeOfHomeserver(topic, homeserver, points);
      if (user === undefined || topic === 'mail') await this.takeOf(topic, 'client', client, points);
    }
    await this.consume(topic, about, points);
  }

  /** Counts actions against the limit of a homeserver for all its users together. @throws DomainError like `consume` */
  async takeOfHomeserver(topic: Topic, homeserver: string, points = 1): Promise<void> {
    const own = this.ownLimit(topic, 'homeserver', homeserver);
    if (own) await this.take(own, points);
    else await this.takeOf(topic, 'homeserver', homeserverKey(homeserver), points);
  }

  /**
   * Counts an action against each limit of a topic whose subject is given, in the given order, e.g. `consume('mail', {
   * perUser: undefined, perAddress: 'a@example.org' })`. Limits counted before a refusal remain counted.
   *
   * @param points the number of actions
   * @throws DomainError `limit_exceeded` with `retry_after_ms`; the limit, the kind of subject and the requester are for
   *   the log
   */
  async consume<T extends Topic>(
    topic: T,
    subjects: { readonly [K in keyof Options<T>]?: string | undefined },
    points = 1,
  ): Promise<void> {
    for (const [name, subject] of Object.entries<string | undefined>(subjects)) {
      await this.takeNamed(topic, name, subject, points);
    }
  }

  /**
   * The key by which text messages to one country are counted: by homeserver, or by client if there is no user. If the
   * configuration names homeservers, all others share one key.
   */
  shareOf(country: string, asker: Asker): string {
    const party = responsibleParty(asker);
    const isUnnamed = asker.user !== undefined && this.named.size > 0 && !this.named.has(party);
    return `${country} ${isUnnamed ? 'others' : party}`;
  }

  private async takeOf(
    topic: Topic,
    kind: 'user' | 'homeserver' | 'client',
    subject: string,
    points: number,
  ): Promise<void> {
    const name = ASKERS[topic][kind];
    if (name !== undefined) await this.takeNamed(topic, name, subject, points);
  }

  private async takeNamed(topic: Topic, name: string, subject: string | undefined, points: number): Promise<void> {
    const limit = ((this.options[topic] ?? {}) as Readonly<Record<string, Limit | undefined>>)[name];
    if (subject === undefined || !limit) return;
    const kind = KINDS[name];
    const requester = kind === 'user' || kind === 'homeserver' || kind === 'client' ? subject : undefined;
    const counted = { limit, key: `${topic} ${name} ${subject}`, name: `${topic}.${name}` };
    await this.take({ topic, kind, requester, ...counted }, points);
  }

  private async take({ topic, limit, key, name, kind, requester }: CountedLimit, points: number): Promise<void> {
    if (!limit) return;
    const waitMs = await (topic === 'lookup' || topic === 'search'
      ? this.consumeOrFallback(key, limit, points)
      : this.limits.consume(key, limit, points));
    if (waitMs <= 0) return;
    this.spare?.telemetry.count('limits_reached', { limit: `limits.${name}` });
    const subject = { ...(kind && { subject: kind }), ...(requester !== undefined && { requester }) };
    const facts = { limit: `limits.${name}`, ...subject };
    throw new DomainError('limit_exceeded', { facts }, { retry_after_ms: Math.ceil(waitMs) });
  }

  private async consumeOrFallback(key: string, limit: Limit, points: number): Promise<number> {
    try {
      const waitMs = await this.limits.consume(key, limit, points);
      this.usesFallback = false;
      return waitMs;
    } catch (cause) {
      if (!this.spare) throw cause;
      const message = 'rate limits cannot be stored; each instance counts lookups and searches in memory';
      if (!this.usesFallback) this.spare.telemetry.warn(message, { event: 'rate_limits_in_memory' }, cause);
      this.usesFallback = true;
      return this.spare.limits.consume(key, limit, points);
    }
  }
}
