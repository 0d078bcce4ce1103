import type { Finding } from '../../../domain/associations/association.js';
import type { Mxid } from '../../../domain/identifiers/mxid.js';
import { spellingsOf } from '../../../domain/identifiers/spellings.js';
import type { Threepid } from '../../../domain/identifiers/threepid.js';
import { type Candidate, distinct } from './candidate.js';

const NONE: readonly number[] = [];

/** Usually one of them is empty: then nothing is copied. */
function union(first: readonly number[], more: readonly number[]): readonly number[] {
  if (more.length === 0) return first;
  return first.length === 0 ? more : [...new Set([...first, ...more])];
}

/** Compares entries with the requested threepids, and decides whose they are. */
export class ThreepidOwners {
  /** The positions of the requested threepids, by each of their spellings. */
  private readonly wanted = new Map<string, readonly number[]>();
  private readonly matched = new Map<Candidate, readonly number[]>();

  constructor(private readonly threepids: readonly Threepid[]) {
    for (const [at, threepid] of threepids.entries()) {
      for (const text of spellingsOf(threepid)) this.wanted.set(text, [...(this.wanted.get(text) ?? []), at]);
    }
  }

  /** Whether an entry has one of the requested threepids. */
  isOwner(candidate: Candidate): boolean {
    return this.positionsOf(candidate).length > 0;
  }

  /**
   * @param candidates without duplicates
   * @param shared user IDs that another person would get, too, with all entries concerned
   */
  findings(candidates: readonly Candidate[], shared: ReadonlyMap<Mxid, readonly Candidate[]>): readonly Finding[] {
    const owners = this.threepids.map((): Candidate[] => []);
    for (const candidate of candidates) for (const at of this.positionsOf(candidate)) owners[at]?.push(candidate);
    return this.threepids.flatMap((threepid, at) => finding(threepid, owners[at] ?? [], shared) ?? []);
  }

  private positionsOf(candidate: Candidate): readonly number[] {
    let positions = this.matched.get(candidate);
    if (!positions) {
      positions = NONE;
      for (const owned of candidate.person?.threepids ?? []) {
        // A domain and its ASCII form (as in the DNS) are the same for lookups.
        for (const text of spellingsOf(owned)) positions = union(positions, this.wanted.get(text) ?? NONE);
      }
      this.matched.set(candidate, positions);
    }
    return positions;
  }
}

function finding(
  threepid: Threepid,
  claimants: readonly Candidate[],
  shared: ReadonlyMap<Mxid, readonly Candidate[]>,
): Finding | undefined {
  const mxid = claimants[0]?.person?.mxid;
  if (mxid === undefined) return undefined;
  const sameUserId = shared.get(mxid) ?? [];
  const isClear = claimants.every(({ person }) => person?.mxid === mxid) && sameUserId.length === 0;
  const unlisted = claimants.filter(({ person }) => person?.isUnlisted);
  if (isClear && unlisted.length > 0)
    return { threepid, claimants: unlisted.map(({ label }) => `${label} (unlisted)`), owner: mxid };
  if (isClear) return { threepid, mxid };
  return { threepid, claimants: distinct([...claimants, ...sameUserId]).map(({ label }) => label) };
}
