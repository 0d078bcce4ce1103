import type { Clock } from '../ports/clock.js';
import type { HashIndex } from '../ports/hash-index.js';
import type { MirrorStore } from '../ports/mirror-store.js';
import type { Telemetry } from '../ports/telemetry.js';
import type { Evidence, ThreepidSource } from '../ports/threepid-source.js';
import { CONTESTED, type Finding, isContested } from './association.js';
import type { SourcedEntry } from './directory.js';
import { remarksOf } from './distrust.js';
import { evidenceOf } from './evidence.js';
import { lookupHash } from './hashing.js';
import { findIndexed } from './indexed.js';
import type { Mirrors } from './mirrors.js';
import type { Mxid } from './mxid.js';
import { labelBeside } from './shared-names.js';
import { otherSpellings } from './spellings.js';
import { keyOf, type Threepid } from './threepid.js';

/** A source with a mirror: asked live for addresses, from the mirror for hashes and whenever it does not answer. */
export class MirroredSource implements ThreepidSource {
  readonly name: string;
  readonly isOwner: boolean;

  constructor(
    private readonly live: ThreepidSource,
    private readonly mirrors: Mirrors,
    private readonly store: MirrorStore,
    private readonly index: HashIndex,
    private readonly clock: Clock,
    private readonly telemetry: Telemetry,
  ) {
    this.name = live.name;
    this.isOwner = live.isOwner ?? false;
  }

  async find(threepids: readonly Threepid[]): Promise<readonly Finding[]> {
    try {
      const findings = await this.askLive(threepids);
      return [...findings, ...(await this.stillMirrored(threepids, findings))];
    } catch (cause) {
      const [pepper] = this.index.peppers();
      // Without either nothing is known, and that is not the same as knowing that there is nobody.
      if (pepper === undefined || (await this.mirrors.state(this.name)).syncedAt === undefined) throw cause;
      this.telemetry.count('mirror_fallbacks', { source: this.name });
      return this.mirror(threepids, pepper);
    }
  }

  async findHashes(pepper: string, hashes: readonly string[]): Promise<ReadonlyMap<string, Mxid | typeof CONTESTED>> {
    return findIndexed(this.index, this.name, pepper, hashes);
  }

  async explain(threepid: Threepid): Promise<readonly Evidence[]> {
    const [live, mirror] = await Promise.all([this.explainLive(threepid), this.explainMirror(threepid)]);
    const { syncedAt, failure } = await this.mirrors.state(this.name);
    const doubt = syncedAt !== undefined && failure?.isSuspect ? { failure: 'unknown, which is not believed' } : {};
    const judged = live.map(async (one) => {
      if (!one.finding) return { ...doubt, ...one };
      const [finding] = await this.withoutSharedNames([one.finding]);
      return { ...one, finding };
    });
    return [...(await Promise.all(judged)), mirror];
  }

  private async askLive(threepids: readonly Threepid[]): Promise<readonly Finding[]> {
    const findings = await this.withoutSharedNames(await this.live.find(threepids));
    const again = await this.otherSpellings(threepids, findings);
    if (again.length === 0) return findings;
    const respelled = await this.withoutSharedNames(await this.live.find(again));
    const isAnew = new Set(respelled.map(({ threepid }) => keyOf(threepid)));
    return [...findings.filter(({ threepid }) => !isAnew.has(keyOf(threepid))), ...respelled];
  }

  private otherSpellings(threepids: readonly Threepid[], findings: readonly Finding[]) {
    return otherSpellings(threepids, findings, this.name, this.index, this.store);
  }

  /** An answer that is unique in its own directory may be somebody else's user ID in another. */
  private async withoutSharedNames(findings: readonly Finding[]): Promise<readonly Finding[]> {
    const found = findings.flatMap((finding) => (isContested(finding) ? [] : finding));
    const mxids = found.map(({ mxid }) => mxid);
    const shared = await this.mirrors.sharedIn(this.name, mxids, found);
    return findings.map((finding) => {
      const namesakes = isContested(finding) ? undefined : shared.get(finding.mxid);
      return namesakes
        ? { threepid: finding.threepid, contestedBy: namesakes.map((one) => this.labelOf(one)) }
        : finding;
    });
  }

  private labelOf(entry: SourcedEntry): string {
    return labelBeside(this.name, entry);
  }

  /** What the last good copy knows of those that a directory does not know whose newest listing is not believed. */
  private async stillMirrored(threepids: readonly Threepid[], findings: readonly Finding[]) {
    const found = new Set(findings.map(({ threepid }) => keyOf(threepid)));
    const unknown = threepids.filter((threepid) => !found.has(keyOf(threepid)));
    const [pepper] = this.index.peppers();
    if (unknown.length === 0 || pepper === undefined) return [];
    return (await this.mirrors.state(this.name)).failure?.isSuspect ? this.mirror(unknown, pepper) : [];
  }

  private mirror(threepids: readonly Threepid[], pepper: string): readonly Finding[] {
    return threepids.flatMap((threepid) => {
      const answer = this.index.find(this.name, pepper, lookupHash(threepid, pepper));
      if (answer === undefined) return [];
      return answer === CONTESTED ? { threepid, contestedBy: [] } : { threepid, mxid: answer };
    });
  }

  private async explainLive(threepid: Threepid): Promise<readonly Evidence[]> {
    const live = await evidenceOf(this.live, threepid, this.clock);
    if (live.some(({ failure }) => failure !== undefined)) return live;
    const found = await this.withoutSharedNames(live.flatMap(({ finding }) => finding ?? []));
    const [spelled] = await this.otherSpellings([threepid], found);
    return spelled ? evidenceOf(this.live, spelled, this.clock) : live;
  }

  private async explainMirror(threepid: Threepid): Promise<Evidence> {
    const since = this.clock.now();
    const state = await this.mirrors.state(this.name);
    const { syncedAt, failure } = state;
    if (syncedAt === undefined) {
      const reason = failure === undefined ? 'not synced yet' : `not synced yet: ${failure.reason}`;
      return { via: 'mirror', finding: undefined, failure: reason, tookMs: 0, notes: [] };
    }
    const entries = await this.store.findByThreepid(this.name, threepid);
    const names = [...new Set(entries.flatMap(({ person }) => person?.mxid ?? []))];
    const shared = await this.mirrors.sharedIn(this.name, names);
    const [mxid, ...others] = names;
    const isClear = mxid !== undefined && others.length === 0 && !shared.has(mxid);
    const namesakes = [...shared.values()].flat().map((one) => this.labelOf(one));
    const claimants = [...new Set([...entries.map(({ label }) => label), ...namesakes])];
    return {
      via: 'mirror',
      finding: mxid === undefined ? undefined : isClear ? { threepid, mxid } : { threepid, contestedBy: claimants },
      asOf: syncedAt,
      tookMs: this.clock.now() - since,
      notes: [
        ...(failure === undefined ? [] : [`the newest sync was not applied: ${failure.reason}`]),
        ...remarksOf(state),
        ...entries.flatMap(({ label, leftOut }) => [label, ...leftOut.map((reason) => `${label}: ${reason}`)]),
      ],
    };
  }
}
