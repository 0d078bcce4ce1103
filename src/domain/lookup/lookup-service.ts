import type { Clock } from '../../ports/clock.js';
import type { Telemetry } from '../../ports/telemetry.js';
import type { SourceTrace, ViaPath, ThreepidSource } from '../../ports/threepid-source.js';
import { AMBIGUOUS, isAmbiguous } from '../associations/association.js';
import { type Answers, answersOf, askThreepids, firstAnswers } from './source-chain.js';
import { DomainError } from '../shared/errors.js';
import { ownersIn } from './owners.js';
import { explainSource } from './explain-source.js';
import type { Mxid } from '../identifiers/mxid.js';
import type { PepperService } from '../peppers/pepper-service.js';
import { lookupHash } from '../identifiers/lookup-hash.js';
import { keyOf, type Threepid, tryThreepid } from '../identifiers/threepid.js';
import type { Explanation } from './explanation.js';

export const ALGORITHMS = ['sha256', 'none'] as const;

/** The maximum number of hops: longer paths are not intended by anyone, and every hop takes time. */
const MOST_HOPS = 5;

export interface LookupOptions {
  readonly maxAddresses: number;
  /** The identity of this server in a path. */
  readonly serverIdentity: string;
}

export interface LookupDependencies {
  readonly pepperService: PepperService;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** Looks up the user of an address. */
export class LookupService {
  constructor(
    private readonly deps: LookupDependencies,
    private readonly sources: readonly ThreepidSource[],
    private readonly options: LookupOptions,
  ) {}

  /**
   * The parameters that clients need for lookups. For identity servers, also the servers through which the pepper came,
   * the one that created it first. Spec: GET /hash_details.
   */
  details(): { pepper: string; algorithms: readonly string[]; viaPath: ViaPath } {
    const viaPath = [...(this.deps.pepperService.monitor?.viaPath ?? []), this.options.serverIdentity];
    return { pepper: this.deps.pepperService.current(), algorithms: ALGORITHMS, viaPath };
  }

  /**
   * The users of these entries. The keys are the entries exactly as sent; unknown ones are left out. Spec: POST
   * /lookup.
   *
   * @param entries hashes for `sha256`, `<address> <medium>` for `none`
   * @param viaPath the identity servers that forwarded the lookup. If it includes this server, or is too long, other
   *   identity servers are not queried
   * @param distinct the entries without repetitions, if the caller has them already
   * @throws DomainError `algorithm_unknown`, `too_many_addresses`, or `pepper_unknown` (with the current pepper, for
   *   `none` too)
   */
  async find(
    algorithm: string,
    pepper: string,
    entries: readonly string[],
    viaPath: ViaPath = [],
    distinct: ReadonlySet<string> = new Set(entries),
  ): Promise<ReadonlyMap<string, Mxid>> {
    if (!ALGORITHMS.some((known) => known === algorithm)) throw new DomainError('algorithm_unknown');
    if (entries.length > this.options.maxAddresses) throw new DomainError('too_many_addresses');
    if (!this.deps.pepperService.isAccepted(pepper) && !(await this.deps.pepperService.refreshAndAccept(pepper))) {
      throw new DomainError('pepper_unknown', {}, { algorithm, lookup_pepper: this.deps.pepperService.current() });
    }
    return algorithm === 'sha256'
      ? this.findHashes(pepper, distinctIn(entries, distinct), viaPath)
      : this.findEntries(entries, viaPath);
  }

  /**
   * The users of these threepids, by `keyOf`; unknown and ambiguous ones are left out. `viaPath` as in `find`.
   *
   * @param isAsked whether a client asks, and not Islet itself: only then it counts as a lookup
   */
  async findUsers(
    threepids: readonly Threepid[],
    viaPath: ViaPath = [],
    isAsked = true,
  ): Promise<ReadonlyMap<string, Mxid>> {
    const byKey = new Map(threepids.map((threepid) => [keyOf(threepid), threepid]));
    const ask = askThreepids(byKey, viaPath);
    const sources = this.sourcesFor(viaPath);
    const way = isAsked ? 'live' : undefined;
    return onlyUsers(await firstAnswers([...byKey.keys()], sources, ask, this.deps.telemetry, way));
  }

  /**
   * The same for threepids that no client is looking up at the moment: external sources are queried only for those
   * found locally.
   */
  async findUsersLocally(threepids: readonly Threepid[]): Promise<ReadonlyMap<string, Mxid>> {
    const byKey = new Map(threepids.map((threepid) => [keyOf(threepid), threepid]));
    const known = onlyUsers(
      await firstAnswers([...byKey.keys()], this.localSources(), askThreepids(byKey), this.deps.telemetry),
    );
    // All sources, because an external one may have a higher priority; but only for the threepids found locally.
    return this.findUsers(
      [...byKey].flatMap(([key, threepid]) => (known.has(key) ? threepid : [])),
      [],
      false,
    );
  }

  /** Whether a client that looks up hashes finds a user for an address as it was typed: not every client folds case. */
  async isFoundByHash(medium: string, address: string): Promise<boolean> {
    const pepper = this.deps.pepperService.current();
    return (await this.findHashes(pepper, [lookupHash({ medium, address }, pepper)], [], false)).size > 0;
  }

  /**
   * The user to whom the authoritative sources assign this threepid. @throws the error of a source that cannot be
   * queried
   */
  async findAuthoritativeOwner(threepid: Threepid): Promise<Mxid | typeof AMBIGUOUS | undefined> {
    for (const source of this.sources) {
      if (!source.isAuthoritative) continue;
      const answer = answersOf(await ownersIn(source, [threepid])).get(keyOf(threepid));
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  /** Queries every source, including those after the one that decides. */
  async explain(threepid: Threepid): Promise<Explanation> {
    const explained = await Promise.all(this.sources.map((source) => this.explainOne(source, threepid)));
    const deciding = explained.findIndex(({ ends }) => ends);
    const decisive = explained[deciding];
    const finding = decisive && usedTraceIn(decisive.traces)?.finding;
    return {
      threepid,
      sources: explained.map(({ ends: _ends, ...source }, at) => ({ ...source, decides: at === deciding })),
      mxid: decisive?.outcome === 'answered' && finding && !isAmbiguous(finding) ? finding.mxid : undefined,
    };
  }

  /** @param hashes without repetitions */
  private async findHashes(pepper: string, hashes: readonly string[], viaPath: ViaPath, isAsked = true) {
    const ask = (source: ThreepidSource, missing: readonly string[]) => source.findHashes?.(pepper, missing, viaPath);
    const sources = this.sourcesFor(viaPath);
    const way = isAsked ? 'hash' : undefined;
    return onlyUsers(await firstAnswers(hashes, sources, ask, this.deps.telemetry, way));
  }

  /**
   * The path to use if the sender may not be an identity server. If the path includes this server, the lookup is
   * treated as a loop, whoever sent it: only the sender is affected. Otherwise the path is passed on, so that other
   * servers can find their own names in it, but it does not prevent any source from being queried.
   */
  untrustedPath(viaPath: ViaPath): ViaPath {
    const own = this.options.serverIdentity;
    return viaPath.includes(own) ? [own] : viaPath.slice(-(MOST_HOPS - 1));
  }

  private sourcesFor(viaPath: ViaPath): readonly ThreepidSource[] {
    const isCircle = viaPath.includes(this.options.serverIdentity);
    return isCircle || viaPath.length >= MOST_HOPS ? this.localSources() : this.sources;
  }

  private localSources(): readonly ThreepidSource[] {
    return this.sources.filter(({ isExternal }) => !isExternal);
  }

  private async findEntries(entries: readonly string[], viaPath: ViaPath): Promise<ReadonlyMap<string, Mxid>> {
    const asked = new Map(entries.flatMap((entry) => splitEntry(entry)));
    const users = await this.findUsers([...asked.values()], viaPath);
    const mappings = new Map<string, Mxid>();
    for (const [entry, threepid] of asked) {
      const mxid = users.get(keyOf(threepid));
      if (mxid !== undefined) mappings.set(entry, mxid);
    }
    return mappings;
  }

  private async explainOne(source: ThreepidSource, threepid: Threepid) {
    const [traces, following] = await Promise.all([
      explainSource(source, threepid, this.deps.clock),
      this.deps.pepperService.following(source.name),
    ]);
    const outcome = outcomeOf(usedTraceIn(traces));
    const isAuthoritative = source.isAuthoritative ?? false;
    const ends = outcome === 'answered' || outcome === 'ambiguous' || (outcome === 'absent' && isAuthoritative);
    const accountUnverified = outcome === 'answered' && isAuthoritative && usedTraceIn(traces)?.account === undefined;
    return { source: source.name, traces, outcome, ends, accountUnverified, following };
  }
}

const distinctIn = (entries: readonly string[], distinct: ReadonlySet<string>): readonly string[] =>
  distinct.size === entries.length ? entries : [...distinct];

/** The decisive step: the first one without a failure. */
const usedTraceIn = (traces: readonly SourceTrace[]): SourceTrace | undefined =>
  traces.find(({ failure }) => failure === undefined);

function outcomeOf(usedTrace: SourceTrace | undefined): Explanation['sources'][number]['outcome'] {
  if (!usedTrace) return 'failed';
  if (!usedTrace.finding) return 'unknown';
  if (isAmbiguous(usedTrace.finding)) return 'ambiguous';
  return usedTrace.account?.exists === false ? 'absent' : 'answered';
}

function holdsAmbiguous(answers: Answers): boolean {
  for (const answer of answers.values()) if (answer === AMBIGUOUS) return true;
  return false;
}

function onlyUsers(answers: Answers): ReadonlyMap<string, Mxid> {
  if (!holdsAmbiguous(answers)) return answers as ReadonlyMap<string, Mxid>;
  const users = new Map<string, Mxid>();
  for (const [question, answer] of answers) if (answer !== AMBIGUOUS) users.set(question, answer);
  return users;
}

/** Invalid entries have no match. The medium is after the last space. */
function splitEntry(entry: string): readonly [entry: string, threepid: Threepid][] {
  const blank = entry.lastIndexOf(' ');
  const threepid = tryThreepid(entry.slice(blank + 1), entry.slice(0, Math.max(blank, 0)));
  return threepid ? [[entry, threepid]] : [];
}
