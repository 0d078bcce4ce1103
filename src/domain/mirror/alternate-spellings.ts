import type { HashIndex } from '../../ports/hash-index.js';
import type { MirrorStore } from '../../ports/mirror-store.js';
import { AMBIGUOUS, type Finding, isAmbiguous } from '../associations/association.js';
import { lookupHash } from '../identifiers/lookup-hash.js';
import type { Mxid } from '../identifiers/mxid.js';
import { keyOf, type Threepid } from '../identifiers/threepid.js';

/** The maximum number of ambiguous addresses per lookup that are searched: each one is a search of the mirror. */
const MOST_CONTESTED = 20;

/**
 * Addresses to query live a second time, in the spelling of the mirror: a directory that is queried for `strauss@` may
 * not find its `strauß@`, which is the same address after folding.
 *
 * @param findings the live result: addresses for which the mirror agrees are not queried again
 */
export async function otherSpellings(
  threepids: readonly Threepid[],
  findings: readonly Finding[],
  source: string,
  index: HashIndex,
  store: MirrorStore,
): Promise<readonly Threepid[]> {
  const [pepper] = index.peppers();
  if (pepper === undefined) return [];
  const found = new Map(findings.map((finding) => [keyOf(finding.threepid), finding]));
  const suspected = new Map<string, Threepid>();
  const names: Mxid[] = [];
  const contested: Threepid[] = [];
  const emails = threepids.filter(({ medium }) => medium === 'email');
  const hashes = emails.map((threepid) => lookupHash(threepid, pepper));
  const answers = index.findAll(source, pepper, hashes);
  for (const [at, threepid] of emails.entries()) {
    const answer = answers.get(hashes[at] ?? '');
    if (answer === undefined) continue;
    const finding = found.get(keyOf(threepid));
    if (finding && (isAmbiguous(finding) || answer === finding.mxid)) continue;
    suspected.set(keyOf(threepid), threepid);
    if (answer === AMBIGUOUS) contested.push(threepid);
    else names.push(answer);
  }
  const entries = names.length > 0 ? (await store.findByMxid(names)).filter((entry) => entry.source === source) : [];
  const others = contested.slice(0, MOST_CONTESTED).map((threepid) => store.findByThreepid(source, threepid));
  const spelled = [...entries, ...(await Promise.all(others)).flat()].flatMap(({ person }) => person?.threepids ?? []);
  return spelled.filter((alternate) => {
    const asked = suspected.get(keyOf(alternate));
    return asked !== undefined && alternate.alias !== undefined && alternate.alias !== asked.alias;
  });
}
