import type { Finding } from '../../domain/associations/association.js';
import { parseMxid, type Mxid } from '../../domain/identifiers/mxid.js';
import { keyOf, tryThreepid, type Threepid } from '../../domain/identifiers/threepid.js';

/** Users by threepid key. Several users mean that the threepid is ambiguous. */
export type Answer = ReadonlyMap<string, ReadonlySet<Mxid>>;

/** Accepts any spelling: an upstream may return an address as its users entered it. */
export const threepidOf = (medium: unknown, address: unknown): Threepid | undefined =>
  typeof medium === 'string' && typeof address === 'string' ? tryThreepid(medium, address) : undefined;

/** Parses an entry of the algorithm `none`. */
export function inClear(entry: string): Threepid | undefined {
  const blank = entry.lastIndexOf(' ');
  return blank < 0 ? undefined : threepidOf(entry.slice(blank + 1), entry.slice(0, blank));
}

export const userOf = (mxid: unknown): Mxid | undefined => (typeof mxid === 'string' ? parseMxid(mxid) : undefined);

/** Skips rows without a valid threepid or user ID, so that one invalid row does not discard the others. */
export function collect(rows: readonly (readonly [threepid: Threepid | undefined, mxid: unknown])[]): Answer {
  const answer = new Map<string, Set<Mxid>>();
  for (const [threepid, text] of rows) {
    const mxid = userOf(text);
    if (!threepid || !mxid) continue;
    const key = keyOf(threepid);
    answer.set(key, (answer.get(key) ?? new Set()).add(mxid));
  }
  return answer;
}

/** The findings for the threepids that were asked for. */
export function findingsOf(answer: Answer, asked: ReadonlyMap<string, Threepid>): readonly Finding[] {
  return [...answer].flatMap(([key, mxids]) => {
    const threepid = asked.get(key);
    const [mxid, ...others] = mxids;
    if (!threepid || mxid === undefined) return [];
    return [others.length ? { threepid, claimants: [...mxids] } : { threepid, mxid }];
  });
}
