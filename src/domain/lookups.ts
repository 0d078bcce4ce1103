import type { Clock } from '../ports/clock.js';
import type { Telemetry } from '../ports/telemetry.js';
import type { Evidence, Route, ThreepidSource } from '../ports/threepid-source.js';
import { CONTESTED, isContested } from './association.js';
import { type Answers, answersOf, askThreepids, firstAnswers } from './chain.js';
import { Refused } from './errors.js';
import { evidenceOf } from './evidence.js';
import type { Mxid } from './mxid.js';
import type { Following, Peppers } from './peppers.js';
import { keyOf, type Threepid, tryThreepid } from './threepid.js';

export const ALGORITHMS = ['sha256', 'none'] as const;

/** Longer routes are no plan of anybody's, and each hop takes its time. */
const MOST_HOPS = 5;

export interface LookupOptions {
  readonly maxAddresses: number;
  /** What we are called in a route. */
  readonly routeName: string;
}

/** How each source answers for one threepid, in the order in which they are asked. */
export interface Explanation {
  readonly threepid: Threepid;
  readonly stages: readonly {
    readonly source: string;
    /** `absent`: it knows whose it is, and she has no account. */
    readonly outcome: 'answered' | 'contested' | 'absent' | 'unknown' | 'failed';
    readonly evidence: readonly Evidence[];
    /** Whether this stage decided: later ones are not asked. */
    readonly decides: boolean;
    /** How it stands with its pepper, if it is an upstream that is followed. */
    readonly following: Following | undefined;
    /** Whether it answers on the word of a directory, without knowing of an account. */
    readonly isHearsay: boolean;
  }[];
  readonly mxid: Mxid | undefined;
}

/** Which user is behind an address. */
export class Lookups {
  constructor(
    private readonly sources: readonly ThreepidSource[],
    private readonly peppers: Peppers,
    private readonly clock: Clock,
    private readonly telemetry: Telemetry,
    private readonly options: LookupOptions,
  ) {}

  /**
   * What clients need to know before they ask, and for identity servers by which of them the pepper
   * came, the one that made it first. Spec: GET /hash_details.
   */
  details(): { pepper: string; algorithms: readonly string[]; route: Route } {
    const route = [...(this.peppers.watch?.route ?? []), this.options.routeName];
    return { pepper: this.peppers.current(), algorithms: ALGORITHMS, route };
  }

  /**
   * Whose these entries are; keys are entries exactly as they were sent, unknown ones are left out.
   * Spec: POST /lookup.
   *
   * @param entries hashes for `sha256`, `<address> <medium>` for `none`
   * @param route the identity servers that ask for somebody else; a question that was here before, or
   *   has come a long way, is answered without asking others again
   * @throws Refused `algorithm_unknown`, `too_many_addresses`, or `pepper_unknown` (with the pepper
   *   that is known, for `none` too)
   */
  async find(
    algorithm: string,
    pepper: string,
    entries: readonly string[],
    route: Route = [],
  ): Promise<ReadonlyMap<string, Mxid>> {
    if (!ALGORITHMS.some((known) => known === algorithm)) throw new Refused('algorithm_unknown');
    if (entries.length > this.options.maxAddresses) throw new Refused('too_many_addresses');
    if (!this.peppers.isAccepted(pepper) && !(await this.peppers.isAcceptedElsewhere(pepper))) {
      throw new Refused('pepper_unknown', {}, { algorithm, lookup_pepper: this.peppers.current() });
    }
    return algorithm === 'sha256' ? this.findHashes(pepper, entries, route) : this.findEntries(entries, route);
  }

  /** Whose these threepids are, by `keyOf`; unknown and contested ones are left out. `route` as in `find`. */
  async whois(threepids: readonly Threepid[], route: Route = []): Promise<ReadonlyMap<string, Mxid>> {
    const byKey = new Map(threepids.map((threepid) => [keyOf(threepid), threepid]));
    const ask = askThreepids(byKey, route);
    return onlyUsers(await firstAnswers([...byKey.keys()], this.sourcesFor(route), ask, this.telemetry));
  }

  /** The same as far as somebody else's sources need not be asked: nobody is looking for these just now. */
  async whoisUnasked(threepids: readonly Threepid[]): Promise<ReadonlyMap<string, Mxid>> {
    const byKey = new Map(threepids.map((threepid) => [keyOf(threepid), threepid]));
    const known = onlyUsers(await firstAnswers([...byKey.keys()], this.ours(), askThreepids(byKey), this.telemetry));
    // A foreign source before the one that knows it has its say, and only about these.
    return this.whois([...byKey].flatMap(([key, threepid]) => (known.has(key) ? threepid : [])));
  }

  /** Whom the sources that own threepids give this one to. @throws what a source throws that cannot be asked */
  async owner(threepid: Threepid): Promise<Mxid | typeof CONTESTED | undefined> {
    for (const source of this.sources) {
      if (!source.isOwner) continue;
      const findings = await (source.findOwners?.([threepid]) ?? source.find([threepid]));
      const answer = answersOf(findings).get(keyOf(threepid));
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  /** Asks every source, also those behind the one that decides. */
  async explain(threepid: Threepid): Promise<Explanation> {
    const stages = await Promise.all(this.sources.map((source) => this.explainStage(source, threepid)));
    const deciding = stages.findIndex(({ ends }) => ends);
    const decisive = stages[deciding];
    const finding = decisive && countingIn(decisive.evidence)?.finding;
    return {
      threepid,
      stages: stages.map(({ ends: _ends, ...stage }, at) => ({ ...stage, decides: at === deciding })),
      mxid: decisive?.outcome === 'answered' && finding && !isContested(finding) ? finding.mxid : undefined,
    };
  }

  private async findHashes(pepper: string, hashes: readonly string[], route: Route) {
    const ask = (source: ThreepidSource, missing: readonly string[]) => source.findHashes?.(pepper, missing, route);
    return onlyUsers(await firstAnswers([...new Set(hashes)], this.sourcesFor(route), ask, this.telemetry));
  }

  private sourcesFor(route: Route): readonly ThreepidSource[] {
    const isCircle = route.includes(this.options.routeName);
    return isCircle || route.length >= MOST_HOPS ? this.ours() : this.sources;
  }

  private ours(): readonly ThreepidSource[] {
    return this.sources.filter(({ isForeign }) => !isForeign);
  }

  private async findEntries(entries: readonly string[], route: Route): Promise<ReadonlyMap<string, Mxid>> {
    const asked = new Map(entries.flatMap((entry) => splitEntry(entry)));
    const users = await this.whois([...asked.values()], route);
    const mappings = new Map<string, Mxid>();
    for (const [entry, threepid] of asked) {
      const mxid = users.get(keyOf(threepid));
      if (mxid !== undefined) mappings.set(entry, mxid);
    }
    return mappings;
  }

  private async explainStage(source: ThreepidSource, threepid: Threepid) {
    const [evidence, following] = await Promise.all([
      evidenceOf(source, threepid, this.clock),
      this.peppers.following(source.name),
    ]);
    const outcome = outcomeOf(countingIn(evidence));
    const isOwner = source.isOwner ?? false;
    const ends = outcome === 'answered' || outcome === 'contested' || (outcome === 'absent' && isOwner);
    const isHearsay = outcome === 'answered' && isOwner && countingIn(evidence)?.account === undefined;
    return { source: source.name, evidence, outcome, ends, isHearsay, following };
  }
}

/** The way whose answer counts: the first that gave one. */
const countingIn = (evidence: readonly Evidence[]): Evidence | undefined =>
  evidence.find(({ failure }) => failure === undefined);

function outcomeOf(counting: Evidence | undefined): Explanation['stages'][number]['outcome'] {
  if (!counting) return 'failed';
  if (!counting.finding) return 'unknown';
  if (isContested(counting.finding)) return 'contested';
  return counting.account?.exists === false ? 'absent' : 'answered';
}

function onlyUsers(answers: Answers): ReadonlyMap<string, Mxid> {
  const users = new Map<string, Mxid>();
  for (const [question, answer] of answers) if (answer !== CONTESTED) users.set(question, answer);
  return users;
}

/** Entries that are no address just do not match. The medium stands behind the last blank. */
function splitEntry(entry: string): readonly [entry: string, threepid: Threepid][] {
  const blank = entry.lastIndexOf(' ');
  const threepid = tryThreepid(entry.slice(blank + 1), entry.slice(0, Math.max(blank, 0)));
  return threepid ? [[entry, threepid]] : [];
}
