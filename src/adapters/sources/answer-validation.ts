import type { Association, Finding } from '../../domain/associations/association.js';
import { parseMxid } from '../../domain/identifiers/mxid.js';
import { keyOf, type Threepid, tryThreepid } from '../../domain/identifiers/threepid.js';

/** Claimants of one threepid that are worth naming. */
const MOST_NAMED = 10;

/** Of an answer, what can be used; `odd` hears, without an address in it, why anything is left out. */
export function findingsIn(
  answer: unknown,
  asked: readonly Threepid[],
  odd: (reason: string) => void,
): readonly Finding[] {
  if (!Array.isArray(answer)) throw new Error('what find() gave is no list');
  // Repetition is passed over, but not at any length.
  if (answer.length > 2 * asked.length + 1000) throw new Error(`find() gave ${answer.length} for ${asked.length}`);
  const byKey = new Map(asked.map((threepid) => [keyOf(threepid), threepid]));
  return answer.flatMap((found: unknown): readonly Finding[] => {
    // `contestedBy` is what modules written for earlier versions call it.
    const { contestedBy, claimants = contestedBy } = record(found);
    const read = threepidIn(found);
    const threepid = read && byKey.get(keyOf(read));
    if (!threepid) {
      odd(read ? 'an address that was not asked for' : 'no threepid');
      return [];
    }
    if (Array.isArray(claimants)) return [{ threepid, claimants: claimants.slice(0, MOST_NAMED).map(String) }];
    const association = associationIn(found);
    if (typeof association !== 'string') return [{ threepid, mxid: association.mxid }];
    odd(association);
    return [];
  });
}

/** One association as somebody else made it, its address canonical, or why it is none. */
export function associationIn(value: unknown): Association | string {
  const threepid = threepidIn(value);
  if (!threepid) return 'no threepid';
  const { mxid: text } = record(value);
  const mxid = typeof text === 'string' ? parseMxid(text) : undefined;
  return mxid ? { threepid, mxid } : 'no Matrix ID';
}

function threepidIn(value: unknown): Threepid | undefined {
  const { medium, address } = record(record(value)['threepid']);
  return typeof medium === 'string' && typeof address === 'string' ? tryThreepid(medium, address) : undefined;
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
