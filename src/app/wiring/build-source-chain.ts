import { AccountCheckedSource } from '../../domain/account-checks/account-checked-source.js';
import type { AccountStatusCache } from '../../domain/account-checks/account-status-cache.js';
import { BINDINGS } from '../../domain/associations/binding.js';
import { type BindingsSource, ownClaims } from '../../domain/bindings/bindings-source.js';
import { MirroredSource, type MirroredSourceDependencies } from '../../domain/mirror/mirrored-source.js';
import { derivedIdSourcesOf } from '../../domain/mirror/mirror-service.js';
import { mirroredClaims } from '../../domain/mirror/user-id-collisions.js';
import type { AssociationStore } from '../../ports/association-store.js';
import type { MirrorStore } from '../../ports/mirror-store.js';
import type { ThreepidSource } from '../../ports/threepid-source.js';
import { checkedIn, type ConfiguredSource, mirroredIn } from './configured-source.js';

interface ChainDependencies extends MirroredSourceDependencies {
  readonly own: BindingsSource;
  readonly accountStatuses: AccountStatusCache;
}

interface ChainOptions {
  readonly checksBindings: boolean;
}

/**
 * The configured sources in the form that lookups use: listed ones with their mirror, checked ones behind the account
 * check.
 */
export function sourceChain(
  sources: readonly ConfiguredSource[],
  { checksBindings }: ChainOptions,
  { own, accountStatuses, ...deps }: ChainDependencies,
): readonly ThreepidSource[] {
  return sources.map((configured) => {
    if (configured === BINDINGS)
      return checksBindings
        ? new AccountCheckedSource(own, { isListed: true, isRechecked: true }, accountStatuses, deps.clock)
        : own;
    const isListed = configured.mirror !== undefined;
    const source = isListed ? new MirroredSource(deps, configured.source) : configured.source;
    const kind = { isListed, isRechecked: false };
    return configured.checksAccounts ? new AccountCheckedSource(source, kind, accountStatuses, deps.clock) : source;
  });
}

/** How to read the hash index entries of each indexed source. */
export const claimReaders = (
  sources: readonly ConfiguredSource[],
  mirrors: MirrorStore,
  associations: AssociationStore,
) => new Map([...mirrorReaders(sources, mirrors, sources), [BINDINGS, ownClaims(associations)] as const]);

/** The sources that return only people with an account. */
export function checkedSources(
  sources: readonly ConfiguredSource[],
  { checksBindings }: ChainOptions,
  { mirrors, associations }: { readonly mirrors: MirrorStore; readonly associations: AssociationStore },
) {
  const checked = checkedIn(sources);
  const mirrored = mirrorReaders(checked, mirrors, sources);
  const own = checksBindings ? [[BINDINGS, ownClaims(associations)] as const] : [];
  return { readers: new Map([...mirrored, ...own]), isEverybody: mirrored.size === checked.length };
}

/** How to read the claims of the mirrored sources in `among`. */
function mirrorReaders(among: readonly ConfiguredSource[], mirrors: MirrorStore, sources: readonly ConfiguredSource[]) {
  const derivedIdSources = derivedIdSourcesOf(mirroredIn(sources));
  return new Map(
    mirroredIn(among).map(
      ({ directory: { name } }) => [name, mirroredClaims(mirrors, name, derivedIdSources)] as const,
    ),
  );
}
