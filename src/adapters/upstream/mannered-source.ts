import { NotAsked } from '../../domain/errors.js';
import { CONTESTED, type Finding, isContested } from '../../domain/association.js';
import { groupBy } from '../../domain/group-by.js';
import type { Mxid } from '../../domain/mxid.js';
import { keyOf, type Threepid } from '../../domain/threepid.js';
import type { Clock } from '../../ports/clock.js';
import type { Telemetry } from '../../ports/telemetry.js';
import type { Evidence, Route, ThreepidSource } from '../../ports/threepid-source.js';
import { Breaker, Unaskable } from './breaker.js';
import { type ForwardOptions, forwarding, namingOnly } from './forwarding.js';
import { type CacheOptions, KeptAnswers } from './kept-answers.js';

export interface Manners {
  readonly forward: ForwardOptions;
  /** The only homeservers whose users an answer may name; absent: all. */
  readonly homeservers?: readonly string[] | undefined;
  /** Absent: answers are not kept. */
  readonly cache?: CacheOptions | undefined;
  /** Whether it is asked about hashes. */
  readonly hashed: boolean;
}

/** `undefined` where it cannot be asked under this pepper, so that nothing is learned. */
type HashesUnder = (...question: Parameters<FindHashes>) => Promise<Awaited<ReturnType<FindHashes>> | undefined>;
type FindHashes = NonNullable<ThreepidSource['findHashes']>;

export type Explained = ThreepidSource &
  Required<Pick<ThreepidSource, 'explain'>> & { readonly hashesUnder?: HashesUnder };

/**
 * A source on another network, asked with manners: not what it was asked a moment ago, not twice at
 * the same time, not while it fails, not what it must not hear; and believed about some users only.
 */
export class ManneredSource implements ThreepidSource {
  readonly name: string;
  readonly isOwner: boolean;
  /** It is told what somebody is looking for just now, and nothing besides. */
  readonly isForeign = true;
  /** Only of a source that is asked about hashes. */
  readonly findHashes?: NonNullable<ThreepidSource['findHashes']>;

  private readonly whyNot: (threepid: Threepid) => string | undefined;
  private readonly mayName: (mxid: string) => boolean;
  private readonly breaker: Breaker;
  private readonly findings: KeptAnswers<readonly Finding[]>;

  constructor(
    private readonly source: Explained,
    { forward, homeservers, cache, hashed }: Manners,
    clock: Clock,
    private readonly telemetry: Telemetry,
  ) {
    this.name = source.name;
    this.isOwner = source.isOwner ?? false;
    this.whyNot = forwarding(forward);
    this.mayName = namingOnly(homeservers);
    this.breaker = new Breaker(source.name, clock, telemetry);
    this.findings = new KeptAnswers(
      cache,
      (found) => found.length === 1 && !found.some(isContested),
      clock,
      (cause) => this.passOver(cause),
    );
    const ask = source.hashesUnder?.bind(source) ?? source.findHashes?.bind(source);
    if (hashed && ask) this.findHashes = this.hashesOf(ask, cache, clock);
  }

  async find(threepids: readonly Threepid[], route: Route = []): Promise<readonly Finding[]> {
    const forwarded = threepids.filter((threepid) => this.whyNot(threepid) === undefined);
    const questionOf = (threepid: Threepid) => onRoute(route, keyOf(threepid));
    const byQuestion = new Map(forwarded.map((threepid) => [questionOf(threepid), threepid]));
    const found = await this.findings.find([...byQuestion.keys()], (missing) =>
      this.breaker.run(async () => {
        const asked = missing.flatMap((question) => byQuestion.get(question) ?? []);
        const findings = await this.source.find(asked, route);
        const believed = findings.filter((finding) => this.counted(this.isFit(finding)));
        return groupBy(believed, ({ threepid }) => questionOf(threepid));
      }),
    );
    return [...found.values()].flat();
  }

  async explain(threepid: Threepid): Promise<readonly Evidence[]> {
    const reason = this.whyNot(threepid);
    if (reason !== undefined) return [{ ...LIVE, notes: [`not asked: ${reason}`] }];
    const kept = this.findings.peek(onRoute([], keyOf(threepid)));
    const cache = kept && {
      via: 'cache',
      finding: kept.answer?.[0],
      asOf: kept.askedAt,
      tookMs: 0,
      notes: ['kept in memory, so that lookups do not ask again yet'],
    };
    const refusal = this.breaker.refusal();
    const live = refusal === undefined ? await this.source.explain(threepid) : [{ ...LIVE, failure: refusal }];
    return [...(cache ? [cache] : []), ...live.map((evidence) => this.judged(evidence))];
  }

  /** Why its last questions failed, `undefined` if they did not. */
  trouble(): string | undefined {
    return this.breaker.trouble();
  }

  async close(): Promise<void> {
    await this.source.close?.();
  }

  private hashesOf(
    ask: HashesUnder,
    cache: CacheOptions | undefined,
    clock: Clock,
  ): NonNullable<ThreepidSource['findHashes']> {
    const answers = new KeptAnswers<Mxid | typeof CONTESTED>(
      cache,
      (answer) => answer !== CONTESTED,
      clock,
      (cause) => this.passOver(cause),
    );
    const find: FindHashes = async (pepper, hashes, route = []) => {
      const before = onRoute(route, `${pepper} `);
      const questions = hashes.map((hash) => before + hash);
      const hashIn = (question: string) => question.slice(before.length);
      const found = await answers.find(questions, (missing) =>
        this.breaker.run(async () => {
          const mappings = await ask(pepper, missing.map(hashIn), route);
          if (!mappings) throw new Unaskable('it is not asked under this pepper');
          const believed = [...mappings].filter(
            ([, answer]) => answer === CONTESTED || this.counted(this.mayName(answer)),
          );
          return new Map(believed.map(([hash, answer]) => [before + hash, answer]));
        }),
      );
      return new Map([...found].map(([question, answer]) => [hashIn(question), answer]));
    };
    return (pepper, hashes, route) =>
      find(pepper, hashes, route).catch((error: unknown) => {
        if (error instanceof Unaskable) return new Map();
        throw error;
      });
  }

  /** What a question is not answered for, where it is answered for something else. */
  private passOver(cause: unknown): void {
    if (cause instanceof Unaskable) return;
    this.telemetry.count('source_failures', { source: this.name });
    if (cause instanceof NotAsked) return;
    this.telemetry.warn('a source did not answer for some; it does for the others', { source: this.name }, cause);
  }

  /** Several claimants are taken seriously if one of them may be named: otherwise that one would win. */
  private isFit(finding: Finding): boolean {
    const named = isContested(finding) ? finding.contestedBy : [finding.mxid];
    return named.length === 0 || named.some(this.mayName);
  }

  private counted(isFit: boolean): boolean {
    if (!isFit) this.telemetry.count('upstream_disbelieved', { source: this.name });
    return isFit;
  }

  private judged(evidence: Evidence): Evidence {
    const { finding, notes } = evidence;
    if (!finding || this.isFit(finding)) return evidence;
    const named = isContested(finding) ? 'users' : finding.mxid;
    const note = `it named ${named} of a homeserver that \`homeservers\` does not list: not believed`;
    return { ...evidence, finding: undefined, notes: [...notes, note] };
  }
}

/**
 * A question that others ask us is another one than the same from a client: whoever is on its route
 * waits for it, so that waiting for theirs could go in a circle, and is not asked in answer to it.
 */
const onRoute = (route: Route, question: string): string => `${route.join(' ')} ${question}`;

const LIVE = { via: 'live', finding: undefined, tookMs: 0, notes: [] } as const;
