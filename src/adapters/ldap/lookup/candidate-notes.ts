import { sameThreepid, type Threepid } from '../../../domain/identifiers/threepid.js';
import type { Candidate } from './candidate.js';

/** Maximum number of entries in an explanation. */
const MOST_NOTED = 10;

/**
 * What an explanation says about entries: those that match the filter, and those that have the address but do not match
 * the filter.
 */
export function notesOf(
  threepid: Threepid,
  candidates: readonly Candidate[],
  unfiltered: readonly Candidate[],
): readonly string[] {
  const has = ({ person }: Candidate) => person?.threepids.some((owned) => sameThreepid(owned, threepid)) ?? false;
  const members = new Set(candidates.map(({ raw }) => raw.id));
  const filteredOut = unfiltered.filter((candidate) => has(candidate) && !members.has(candidate.raw.id));
  const matching = candidates.filter((candidate) => has(candidate) || candidate.skipped.length > 0);
  return [
    ...matching.slice(0, MOST_NOTED).flatMap(noted),
    ...filteredOut.slice(0, MOST_NOTED).map(({ label }) => `${label}: does not match the filter`),
  ];
}

const noted = ({ label, skipped }: Candidate): readonly string[] => [
  label,
  ...skipped.map((reason) => `${label}: ${reason}`),
];
