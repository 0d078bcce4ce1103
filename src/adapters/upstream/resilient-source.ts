import { SourceUnavailableError } from '../../domain/shared/errors.js';
import { AMBIGUOUS, type Finding, isAmbiguous } from '../../domain/associations/association.js';
import { groupBy } from '../../domain/shared/group-by.js';
import type { Mxid } from '../../domain/identifiers/mxid.js';
import { keyOf, type Threepid } from '../../domain/identifiers/threepid.js';
import type { Clock } from '../../ports/clock.js';
import type { Telemetry } from '../../ports/telemetry.js';
import type { SourceTrace, ViaPath, ThreepidSource } from '../../ports/threepid-source.js';
import { CircuitBreaker, UnsupportedPepperError } from './circuit-breaker.js';
import { type ForwardOptions, forwarding, namingOnly } from './forwarding-policy.js';
import { type CacheOptions, AnswerCache } from './answer-cache.js';

export interface UpstreamPolicy {
  readonly forward: ForwardOptions;
  /** The only homeservers whose users an answer may name. Absent: all. */
  readonly homeservers?: readonly string[] | undefined;
  /** Absent: answers are not cached. */
  readonly cache?: CacheOptions | undefined;
  /** Whether the source supports lookups by hash. */
  readonly hashed: boolean;
}

/** `undefined` if the source does not support this pepper; the result then says nothing about the hashes. */
type HashesUnder = (...question: Parameters<FindHashes>) => Promise<Awaited<ReturnType<FindHashes>> | undefined>;
type FindHashes = NonNullable<ThreepidSource['findHashes']>;

export type ExplainableSource = ThreepidSource &
  Required<Pick<ThreepidSource, 'explain'>> & {
    readonly hashesUnder?: HashesUnder;
    /** Sends a request without addresses. Rejects if a lookup would fail. */
    probe?(): Promise<void>;
  };

/**
 * A source on another network, with caching, shared requests, a circuit breaker and a forwarding policy. Only answers
 * that name accepted users are used.
 */
export class ResilientSource implements ThreepidSource {
  readonly name: string;
  readonly isAuthoritative: boolean;
  /** The source receives only the addresses of current lookups. */
  readonly isExternal = true;
  /** Only for sources that support lookups by hash. */
  readonly findHashes?: NonNullable<ThreepidSource['findHashes']>;

  private readonly forwardRefusal: (threepid: Threepid) => string | undefined;
  private readonly isAllowedUser: (mxid: string) => boolean;
  private readonly breaker: CircuitBreaker;
  private readonly findings: AnswerCache<readonly Finding[]>;

  constructor(
    private readonly source: ExplainableSource,
    { forward, homeservers, cache, hashed }: UpstreamPolicy,
    clock: Clock,
    private readonly telemetry: Telemetry,
  ) {
    this.name = source.name;
    this.isAuthoritative = source.isAuthoritative ?? false;
    this.forwardRefusal = forwarding(forward);
    this.isAllowedUser = namingOnly(homeservers);
    this.breaker = new CircuitBreaker(source.name, clock, telemetry);
    this.findings = new AnswerCache(
      cache,
      (found) => found.length === 1 && !found.some(isAmbiguous),
      clock,
      (cause) => this.skipFailed(cause),
    );
    const ask = source.hashesUnder?.bind(source) ?? source.findHashes?.bind(source);
    if (hashed && ask) this.findHashes = this.hashesOf(ask, cache, clock);
  }

  async find(threepids: readonly Threepid[], viaPath: ViaPath = []): Promise<readonly Finding[]> {
    const forwarded = threepids.filter((threepid) => this.forwardRefusal(threepid) === undefined);
    const questionOf = (threepid: Threepid) => onRoute(viaPath, keyOf(threepid));
    const byQuestion = new Map(forwarded.map((threepid) => [questionOf(threepid), threepid]));
    const found = await this.findings.find([...byQuestion.keys()], (missing) =>
      this.breaker.run(async () => {
        const asked = missing.flatMap((question) => byQuestion.get(question) ?? []);
        const findings = await this.source.find(asked, viaPath);
        const accepted = findings.filter((finding) => this.counted(this.isAccepted(finding)));
        return groupBy(accepted, ({ threepid }) => questionOf(threepid));
      }),
    );
    return [...found.values()].flat();
  }

  async explain(threepid: Threepid): Promise<readonly SourceTrace[]> {
    const reason = this.forwardRefusal(threepid);
    if (reason !== undefined) return [{ ...LIVE, notes: [`not asked: ${reason}`] }];
    const kept = this.findings.peek(onRoute([], keyOf(threepid)));
    const cache = kept && {
      via: 'cache',
      finding: kept.answer?.[0],
      asOf: kept.askedAt,
      tookMs: 0,
      notes: ['cached answer: lookups do not ask again until it expires'],
    };
    const refusal = this.breaker.refusal();
    const live = refusal === undefined ? await this.source.explain(threepid) : [{ ...LIVE, failure: refusal }];
    return [...(cache ? [cache] : []), ...live.map((trace) => this.withAcceptedFinding(trace))];
  }

  /** Why the last requests failed; `undefined` if they did not. */
  problem(): string | undefined {
    return this.breaker.problem();
  }

  /** After failures, at the end of a pause: checks whether the source works again, before the next lookup. */
  async probe(): Promise<void> {
    const { source } = this;
    if (!source.probe || this.problem() === undefined || this.breaker.refusal() !== undefined) return;
    await this.breaker.probe(() => source.probe?.() ?? Promise.resolve()).catch(() => undefined); // the breaker notes it
  }

  async close(): Promise<void> {
    await this.source.close?.();
  }

  private hashesOf(
    ask: HashesUnder,
    cache: CacheOptions | undefined,
    clock: Clock,
  ): NonNullable<ThreepidSource['findHashes']> {
    const answers = new AnswerCache<Mxid | typeof AMBIGUOUS>(
      cache,
      (answer) => answer !== AMBIGUOUS,
      clock,
      (cause) => this.skipFailed(cause),
    );
    const find: FindHashes = async (pepper, hashes, viaPath = []) => {
      const before = onRoute(viaPath, `${pepper} `);
      const questions = hashes.map((hash) => before + hash);
      const hashIn = (question: string) => question.slice(before.length);
      const found = await answers.find(questions, (missing) =>
        this.breaker.run(async () => {
          const mappings = await ask(pepper, missing.map(hashIn), viaPath);
          if (!mappings) throw new UnsupportedPepperError('it does not accept this pepper');
          const accepted = [...mappings].filter(
            ([, answer]) => answer === AMBIGUOUS || this.counted(this.isAllowedUser(answer)),
          );
          return new Map(accepted.map(([hash, answer]) => [before + hash, answer]));
        }),
      );
      return new Map([...found].map(([question, answer]) => [hashIn(question), answer]));
    };
    return (pepper, hashes, viaPath) =>
      find(pepper, hashes, viaPath).catch((error: unknown) => {
        if (error instanceof UnsupportedPepperError) return new Map();
        throw error;
      });
  }

  /** Skips the questions that failed when others have an answer. */
  private skipFailed(cause: unknown): void {
    if (cause instanceof UnsupportedPepperError) return;
    this.telemetry.count('source_failures', { source: this.name });
    if (cause instanceof SourceUnavailableError) return;
    this.telemetry.warn(
      'source failed for some addresses',
      { event: 'source_failed_partly', source: this.name },
      cause,
    );
  }

  /** An ambiguous finding is accepted if one of its users may be named; otherwise that user would win. */
  private isAccepted(finding: Finding): boolean {
    const named = isAmbiguous(finding) ? finding.claimants : [finding.mxid];
    return named.length === 0 || named.some(this.isAllowedUser);
  }

  private counted(isAccepted: boolean): boolean {
    if (!isAccepted) this.telemetry.count('upstream_answers_rejected', { source: this.name });
    return isAccepted;
  }

  private withAcceptedFinding(trace: SourceTrace): SourceTrace {
    const { finding, notes } = trace;
    if (!finding || this.isAccepted(finding)) return trace;
    const named = isAmbiguous(finding) ? 'users' : finding.mxid;
    const note = `answer ignored: it returned ${named} of a homeserver that is not listed in \`homeservers\``;
    return { ...trace, finding: undefined, notes: [...notes, note] };
  }
}

/**
 * The cache key includes the route: a question forwarded by another identity server differs from the same question by a
 * client. Servers on the route wait for this answer and are not asked for it, so sharing one request across routes
 * could cause a deadlock.
 */
const onRoute = (viaPath: ViaPath, question: string): string => `${viaPath.join(' ')} ${question}`;

const LIVE = { via: 'live', finding: undefined, tookMs: 0, notes: [] } as const;
