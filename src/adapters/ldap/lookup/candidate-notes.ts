import { sameThreepid, type Threepid } from '../../../domain/identifiers/threepid.js';
import type { Candidate } from './live-lookup.js';

/** Entries an explanation mentions. */
const MOST_NOTED = 10;

/** What an explanation says of entries: those that the filter lets through, and those that it does not although they have the address. */
export function notesOf(
  threepid: Threepid,
  candidates: readonly Candidate[],
  anybody: readonly Candidate[],
): readonly string[] {
  const has = ({ person }: Candidate) => person?.threepids.some((owned) => sameThreepid(owned, threepid)) ?? false;
  const members = new Set(candidates.map(({ id }) => id));
  const outsiders = anybody.filter((one) => has(one) && !members.has(one.id));
  const insiders = candidates.filter((one) => has(one) || one.skipped.length > 0);
  return [
    ...insiders.slice(0, MOST_NOTED).flatMap(noted),
    ...outsiders.slice(0, MOST_NOTED).map(({ label }) => `${label}: not let through by the filter`),
  ];
}

const noted = ({ label, skipped }: Candidate): readonly string[] => [
  label,
  ...skipped.map((reason) => `${label}: ${reason}`),
];
