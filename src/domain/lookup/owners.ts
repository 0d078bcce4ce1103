import type { ThreepidSource } from '../../ports/threepid-source.js';
import { byRight, type Finding } from '../associations/association.js';
import { keyOf, type Threepid } from '../identifiers/threepid.js';

/** The owners of these threepids as far as a source knows, including unlisted people and withheld addresses. */
export async function ownersIn(source: ThreepidSource, threepids: readonly Threepid[]): Promise<readonly Finding[]> {
  if (source.findOwners) return source.findOwners(threepids);
  const findings = (await source.find(threepids)).map(byRight);
  const rest = withoutFound(threepids, findings);
  if (rest.length === 0 || !source.findWithheld) return findings;
  return [...findings, ...(await source.findWithheld(rest)).map(byRight)];
}

/** The threepids without a finding. */
export function withoutFound(threepids: readonly Threepid[], findings: readonly Finding[]): readonly Threepid[] {
  const found = new Set(findings.map(({ threepid }) => keyOf(threepid)));
  return threepids.filter((threepid) => !found.has(keyOf(threepid)));
}
