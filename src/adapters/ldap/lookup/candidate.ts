import type { Medium } from '../../../domain/identifiers/threepid.js';
import { type Reading, readWithNames } from '../mapping/map-entry.js';
import type { Rules } from '../mapping/mapping-rules.js';
import type { RawEntry } from '../protocol/raw-entry.js';

/** A returned entry. It may not have the requested threepid. */
export interface Candidate extends Reading {
  readonly label: string;
  readonly raw: RawEntry;
  /** The values that make up its user name. */
  readonly names: readonly (string | undefined)[];
  readonly isUnlisted: boolean;
}

/** @param medium the only medium of which addresses are read; all if it is absent */
export function candidateOf(raw: RawEntry, isUnlisted: boolean, rules: Rules, medium?: Medium): Candidate {
  const { person, skipped, withheld, names } = readWithNames(raw, rules, medium);
  const marked = person && isUnlisted ? { ...person, isUnlisted } : person;
  return { label: raw.dn, raw, isUnlisted, names, person: marked, skipped, ...(withheld && { withheld }) };
}

/** Removes duplicate entries: bases may overlap. Ids are not used, because they may be a badly chosen attribute. */
export const distinct = (entries: readonly Candidate[]): readonly Candidate[] => [
  ...new Map(entries.map((entry) => [entry.label.toLowerCase(), entry])).values(),
];
