import type { Clock } from '../../ports/clock.js';
import type { HashIndex } from '../../ports/hash-index.js';
import type { MirrorStore } from '../../ports/mirror-store.js';
import type { Telemetry } from '../../ports/telemetry.js';
import type { SourceTrace, ThreepidSource, ViaPath } from '../../ports/threepid-source.js';
import { AMBIGUOUS, byRight, type Finding, isAmbiguous } from '../associations/association.js';
import type { SourcedEntry } from '../directory/directory-entry.js';
import { warningsOf } from './sync-guard.js';
import { withoutFound } from '../lookup/owners.js';
import { explainSource } from '../lookup/explain-source.js';
import { lookupHash } from '../identifiers/lookup-hash.js';
import type { MirrorService } from './mirror-service.js';
import type { Mxid } from '../identifiers/mxid.js';
import { qualifiedLabel } from './user-id-collisions.js';
import { otherSpellings } from './alternate-spellings.js';
import { keyOf, type Threepid } from '../identifiers/threepid.js';

export interface MirroredSourceDependencies {
  readonly mirrorService: MirrorService;
  readonly store: MirrorStore;
  readonly index: HashIndex;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/**
 * A source with a mirror: addresses are looked up live, hashes in the mirror. The mirror is also used if the source
 * does not answer.
 */
export class MirroredSource implements ThreepidSource {
  readonly name: string;
  readonly isAuthoritative: boolean;

  constructor(
    private readonly deps: MirroredSourceDependencies,
    private readonly live: ThreepidSource,
  ) {
    this.name = live.name;
    this.isAuthoritative = live.isAuthoritative ?? false;
  }

  async find(threepids: readonly Threepid[], _viaPath?: ViaPath, onMirror?: () => void): Promise<readonly Finding[]> {
    try {
      const findings = await this.askLive(threepids);
      return [...findings, ...(await this.stillMirrored(threepids, findings))];
    } catch (cause) {
      const [pepper] = this.deps.index.peppers();
      // Without a pepper or a sync, the result is unknown, which is not the same as no user.
      if (pepper === undefined || (await this.deps.mirrorService.state(this.name)).syncedAt === undefined) throw cause;
      onMirror?.();
      this.deps.telemetry.count('mirror_fallbacks', { source: this.name });
      return this.mirror(threepids, pepper);
    }
  }

  async findOwners(threepids: readonly Threepid[]): Promise<readonly Finding[]> {
    try {
      const found = await this.askLive(threepids);
      const findings = [...found, ...(await this.stillMirrored(threepids, found))].map(byRight);
      const rest = withoutFound(threepids, findings);
      const withheld = rest.length > 0 ? ((await this.live.findWithheld?.(rest)) ?? []) : [];
      return [...findings, ...withheld.map(byRight)];
    } catch (cause) {
      if ((await this.deps.mirrorService.state(this.name)).syncedAt === undefined) throw cause;
      return (await Promise.all(threepids.map((threepid) => this.mirroredOwner(threepid)))).flat();
    }
  }

  async findHashes(pepper: string, hashes: readonly string[]): Promise<ReadonlyMap<string, Mxid | typeof AMBIGUOUS>> {
    return this.deps.index.findAll(this.name, pepper, hashes);
  }

  async explain(threepid: Threepid): Promise<readonly SourceTrace[]> {
    const [live, mirror] = await Promise.all([this.explainLive(threepid), this.explainMirror(threepid)]);
    const { syncedAt, failure } = await this.deps.mirrorService.state(this.name);
    const rejection =
      syncedAt !== undefined && failure?.isRejected
        ? { failure: 'not found, but the last sync was rejected: the mirror answers instead' }
        : {};
    const checked = live.map(async (answered) => {
      if (!answered.finding) return { ...rejection, ...answered };
      const [finding] = await this.withoutSharedNames([answered.finding]);
      return { ...answered, finding };
    });
    return [...(await Promise.all(checked)), mirror];
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
    return otherSpellings(threepids, findings, this.name, this.deps.index, this.deps.store);
  }

  /** A user ID that is unique in its own directory may belong to another person in another directory. */
  private async withoutSharedNames(findings: readonly Finding[]): Promise<readonly Finding[]> {
    const found = findings.flatMap((finding) => (isAmbiguous(finding) ? [] : finding));
    const mxids = found.map(({ mxid }) => mxid);
    const shared = await this.deps.mirrorService.sharedIn(this.name, mxids, found);
    return findings.map((finding) => {
      const sameUserId = isAmbiguous(finding) ? undefined : shared.get(finding.mxid);
      return sameUserId
        ? { threepid: finding.threepid, claimants: sameUserId.map((entry) => this.labelOf(entry)) }
        : finding;
    });
  }

  private labelOf(entry: SourcedEntry): string {
    return qualifiedLabel(this.name, entry);
  }

  /**
   * The findings of the last good copy for threepids that the directory does not know, if its last listing was
   * rejected.
   */
  private async stillMirrored(threepids: readonly Threepid[], findings: readonly Finding[]) {
    const found = new Set(findings.map(({ threepid }) => keyOf(threepid)));
    const unknown = threepids.filter((threepid) => !found.has(keyOf(threepid)));
    const [pepper] = this.deps.index.peppers();
    if (unknown.length === 0 || pepper === undefined) return [];
    return (await this.deps.mirrorService.state(this.name)).failure?.isRejected ? this.mirror(unknown, pepper) : [];
  }

  private mirror(threepids: readonly Threepid[], pepper: string): readonly Finding[] {
    return threepids.flatMap((threepid) => {
      const answer = this.deps.index.find(this.name, pepper, lookupHash(threepid, pepper));
      if (answer === undefined) return [];
      return answer === AMBIGUOUS ? { threepid, claimants: [] } : { threepid, mxid: answer };
    });
  }

  /** The owner according to the last good copy, including unlisted people and entries without a usable user name. */
  private async mirroredOwner(threepid: Threepid): Promise<readonly Finding[]> {
    const entries = await this.deps.store.findByThreepid(this.name, threepid);
    if (entries.length === 0) return [];
    const names = [...new Set(entries.flatMap(({ person }) => person?.mxid ?? []))];
    const shared = await this.deps.mirrorService.sharedIn(this.name, names);
    const [mxid] = names;
    const isClear = mxid !== undefined && names.length === 1 && !shared.has(mxid);
    return [isClear ? { threepid, mxid } : { threepid, claimants: entries.map(({ label }) => label) }];
  }

  private async explainLive(threepid: Threepid): Promise<readonly SourceTrace[]> {
    const live = await explainSource(this.live, threepid, this.deps.clock);
    if (live.some(({ failure }) => failure !== undefined)) return live;
    const found = await this.withoutSharedNames(live.flatMap(({ finding }) => finding ?? []));
    const [spelled] = await this.otherSpellings([threepid], found);
    return spelled ? explainSource(this.live, spelled, this.deps.clock) : live;
  }

  private async explainMirror(threepid: Threepid): Promise<SourceTrace> {
    const since = this.deps.clock.now();
    const state = await this.deps.mirrorService.state(this.name);
    const { syncedAt, failure } = state;
    if (syncedAt === undefined) {
      const reason = failure === undefined ? 'not synced yet' : `not synced yet: ${failure.reason}`;
      return { via: 'mirror', finding: undefined, failure: reason, tookMs: 0, notes: [] };
    }
    const entries = await this.deps.store.findByThreepid(this.name, threepid);
    const names = [...new Set(entries.flatMap(({ person }) => person?.mxid ?? []))];
    const shared = await this.deps.mirrorService.sharedIn(this.name, names);
    const [mxid, ...others] = names;
    const isUnlisted = entries.some(({ person }) => person?.isUnlisted);
    const isClear = mxid !== undefined && others.length === 0 && !shared.has(mxid) && !isUnlisted;
    const sameUserId = [...shared.values()].flat().map((entry) => this.labelOf(entry));
    const named = entries.map(({ label, person }) => (person?.isUnlisted ? `${label} (unlisted)` : label));
    const claimants = [...new Set([...named, ...sameUserId])];
    return {
      via: 'mirror',
      finding: mxid === undefined ? undefined : isClear ? { threepid, mxid } : { threepid, claimants },
      asOf: syncedAt,
      tookMs: this.deps.clock.now() - since,
      notes: [
        ...(failure === undefined ? [] : [`the last sync was not applied: ${failure.reason}`]),
        ...warningsOf(state),
        ...entries.flatMap(({ label, skipped }) => [label, ...skipped.map((reason) => `${label}: ${reason}`)]),
      ],
    };
  }
}
