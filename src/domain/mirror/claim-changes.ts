import type { ClaimChange } from '../../ports/change-feed.js';
import type { MirrorStore } from '../../ports/mirror-store.js';
import type { SourcedEntry } from '../directory/directory-entry.js';
import type { Claim } from '../associations/claim.js';
import type { DirectoryDiff } from './full-sync.js';
import type { Mxid } from '../identifiers/mxid.js';
import { claimKey, claimsOf } from '../directory/person-matching.js';
import { userIdCollisions } from './user-id-collisions.js';
import { keyOf } from '../identifiers/threepid.js';

/**
 * How a sync changes the claims of all sources. Claims of other sources change if a user ID becomes shared, or is no
 * longer shared.
 */
export async function changesOf(
  source: string,
  { upserts: draft, isNew, removed }: DirectoryDiff,
  store: MirrorStore,
  derivedIdSources: ReadonlySet<string>,
): Promise<{
  readonly changes: readonly ClaimChange[];
  readonly shared: ReadonlyMap<Mxid, readonly SourcedEntry[]>;
  /** The user IDs that changed entries have or had. */
  readonly people: readonly Mxid[];
}> {
  const put = [...draft.pages()].flat();
  const gone = new Set([...removed, ...put.flatMap(({ id }) => (isNew(id) ? [] : id))]);
  const old = await store.get(source, [...gone]);
  const names = new Set([...old, ...put].flatMap(({ person }) => person?.mxid ?? []));

  const before = await store.findByMxid([...names]);
  const after = before
    .filter((entry) => entry.source !== source || !gone.has(entry.id))
    .concat(put.map((entry) => ({ ...entry, source })));
  const shared = userIdCollisions(after, derivedIdSources);
  return {
    changes: difference(claims(before, userIdCollisions(before, derivedIdSources)), claims(after, shared)),
    shared,
    people: [...names],
  };

  function claims(entries: readonly SourcedEntry[], of: ReadonlyMap<Mxid, unknown>) {
    const names = new Set(of.keys());
    const bySource = new Map<string, Map<string, Claim>>();
    for (const entry of entries) {
      const claims = bySource.get(entry.source) ?? new Map<string, Claim>();
      bySource.set(entry.source, claims);
      const shared = derivedIdSources.has(entry.source) ? names : new Set<Mxid>();
      for (const claim of claimsOf(entry, shared)) claims.set(claimKey(claim), claim);
    }
    return bySource;
  }
}

type Claims = ReadonlyMap<string, ReadonlyMap<string, Claim>>;

function difference(before: Claims, after: Claims): readonly ClaimChange[] {
  const missing = (source: string, from: Claims, to: Claims) =>
    [...(from.get(source) ?? [])].flatMap(([key, claim]) => (to.get(source)?.has(key) ? [] : claim));
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((source) => {
      const removed = missing(source, before, after);
      // The index treats claims that differ only in their alias as one. If one of them is removed, the remaining ones
      // are added again.
      const changedIds = new Set(removed.map(withoutAlias));
      const staying = [...(after.get(source)?.values() ?? [])].filter((claim) => changedIds.has(withoutAlias(claim)));
      return { source, removed, added: [...new Set([...missing(source, after, before), ...staying])], isReload: false };
    })
    .filter(({ removed, added }) => removed.length + added.length > 0);
}

const withoutAlias = ({ threepid, mxid }: Claim) => `${mxid} ${keyOf(threepid)}`;
