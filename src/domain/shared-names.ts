import type { ClaimReader } from '../ports/hash-index.js';
import type { MirrorStore } from '../ports/mirror-store.js';
import type { Association } from './association.js';
import type { MirroredEntry, SourcedEntry } from './directory.js';
import { groupBy } from './group-by.js';
import type { Listing } from './listing.js';
import type { Mxid } from './mxid.js';
import { claimsOf, isSharedName } from './people.js';

/**
 * User IDs that entries of name-deriving directories would give to more than one person, with these
 * entries.
 *
 * @param derivers names of the sources that make user IDs out of names of their own
 */
export function sharedNames(
  entries: readonly SourcedEntry[],
  derivers: ReadonlySet<string>,
): ReadonlyMap<Mxid, readonly SourcedEntry[]> {
  const byName = groupBy(entries, ({ source, person }) => (derivers.has(source) ? person?.mxid : undefined));
  for (const [mxid, namesakes] of byName) if (!isSharedName(namesakes)) byName.delete(mxid);
  return byName;
}

/** Whom a source knows by a user ID that none of its stored entries has, as entries. */
export function newcomers(
  source: string,
  found: readonly Association[],
  stored: readonly SourcedEntry[],
): readonly SourcedEntry[] {
  const known = new Set(stored.flatMap((entry) => (entry.source === source ? (entry.person?.mxid ?? []) : [])));
  const byName = groupBy(found, ({ mxid }) => (known.has(mxid) ? undefined : mxid));
  return [...byName].map(([mxid, associations]) => {
    const person = { mxid, threepids: associations.map(({ threepid }) => threepid) };
    const mirrored = { id: `newcomer ${mxid}`, stamp: '', part: '', leftOut: [] };
    return { ...mirrored, source, label: 'somebody who is not in the mirror yet', person };
  });
}

/** How an entry is called where another source is spoken of: distinguished names may be the same in two directories. */
export const labelBeside = (source: string, entry: SourcedEntry): string =>
  entry.source === source ? entry.label : `${entry.label} in ${entry.source}`;

/**
 * Reads the claims of a first listing, once and from memory, and after that as they are stored: they
 * need not wait for the database.
 *
 * @param derivesNames of the directory, which is the only one
 */
export function listedClaims(
  source: string,
  { put, repeated }: Listing,
  derivesNames: boolean,
  stored: ClaimReader,
): ClaimReader {
  let isFirst = true;
  return async function* read() {
    if (!isFirst) return yield* stored();
    isFirst = false;
    const shared = new Set(sharedNames(namesakes(), new Set(derivesNames ? [source] : [])).keys());
    for (const entries of put.pages()) yield entries.flatMap((entry) => claimsOf(entry, shared));
  };

  function namesakes(): readonly SourcedEntry[] {
    if (repeated.size === 0) return [];
    const isNamesake = ({ person }: MirroredEntry) => person !== undefined && repeated.has(person.mxid);
    return [...put.pages()].flatMap((page) => page.filter(isNamesake).map((entry) => ({ ...entry, source })));
  }
}

/** Reads all claims of a mirrored source as they are stored. */
export const mirroredClaims = (store: MirrorStore, source: string, derivers: ReadonlySet<string>): ClaimReader =>
  async function* read() {
    const shared = sharedNames(await store.findByMxid(await store.repeatedMxids()), derivers);
    const names = derivers.has(source) ? new Set(shared.keys()) : new Set<Mxid>();
    for await (const entries of store.entries(source)) yield entries.flatMap((entry) => claimsOf(entry, names));
  };
