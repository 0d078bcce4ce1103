import type { ThreepidSource } from '../../ports/threepid-source.js';
import { byRight, type Finding } from '../associations/association.js';
import { keyOf, type Threepid } from '../identifiers/threepid.js';

/** Whose these are by right, as far as a source knows: also of those whom it tells nobody of, or does not answer for. */
export async function ownersIn(source: ThreepidSource, threepids: readonly Threepid[]): Promise<readonly Finding[]> {
  if (source.findOwners) return source.findOwners(threepids);
  const findings = (await source.find(threepids)).map(byRight);
  const rest = withoutFound(threepids, findings);
  if (rest.length === 0 || !source.findWithheld) return findings;
  return [...findings, ...(await source.findWithheld(rest)).map(byRight)];
}

/** Those of the threepids that none of the findings is about. */
export function withoutFound(threepids: readonly Threepid[], findings: readonly Finding[]): readonly Threepid[] {
  const found = new Set(findings.map(({ threepid }) => keyOf(threepid)));
  return threepids.filter((threepid) => !found.has(keyOf(threepid)));
}
