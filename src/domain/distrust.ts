import type { MirrorStore } from '../ports/mirror-store.js';
import type { MirrorState } from './directory.js';
import type { Listing } from './listing.js';
import { shrinkage } from './shrinkage.js';

/**
 * Why a listing is taken for broken and not for the truth: a wrong filter, a lost right or a wrong
 * server must not look as if nobody worked here any more, nor at the first sync as if nobody did.
 */
export async function distrust(
  source: string,
  before: MirrorState,
  listing: Listing,
  store: MirrorStore,
  maxShrink: number,
): Promise<string | undefined> {
  const repetition = mostlyAmbiguous(listing, maxShrink);
  if (repetition !== undefined) return [repetition, ...remarksOf(listing)].join('; ');
  const shrunk = shrinkage(before.parts, listing.parts, maxShrink, listing.moved);
  if (shrunk !== undefined) return [shrunk, ...remarksOf(listing)].join('; ');
  if (before.syncedAt === undefined) return emptiness(listing);
  const { usable, lost } = await bereft(source, listing, store);
  return shrinkage(before.parts, usable, maxShrink, listing.moved) === undefined
    ? undefined
    : `${lost} entries are there and have lost all their addresses: the right to read them may be lost`;
}

/** Whether so many entries have the id of another that it is none. One may always. */
function mostlyAmbiguous({ parts, ambiguous: { entries, ids } }: Listing, maxShrink: number): string | undefined {
  const all = Object.values(parts).reduce((sum, count) => sum + count, entries);
  const surplus = entries - ids;
  return surplus > 1 && surplus / all > maxShrink
    ? `${entries} of ${all} entries have the id of another: it is no id`
    : undefined;
}

/** What is odd about parts, a line each. */
export const remarksOf = ({ remarks = {} }: Pick<Listing | MirrorState, 'remarks'>): readonly string[] =>
  Object.entries(remarks).map(([part, remark]) => `${part}: ${remark}`);

/** What is wrong with a first listing of which nobody can be found. One that is empty without a remark is empty. */
function emptiness({ put, sightings, remarks = {} }: Listing): string | undefined {
  if (put.size === 0) return remarksOf({ remarks }).join('; ') || undefined;
  if (sightings.hasAddresses) return undefined;
  const { people, leftOut } = sightings.samples;
  return people.count === 0
    ? `none of the ${put.size} entries makes a user ID: ${leftOut.shown[0]?.reasons[0] ?? 'for no stated reason'}`
    : `none of the ${put.size} entries has an address: they may not be read, or are kept in other attributes`;
}

/** How many entries of each part are of use as before, and how many are not because they lost all their addresses. */
async function bereft(source: string, { parts, bare }: Listing, store: MirrorStore) {
  const lost = (await store.get(source, bare)).filter(({ person }) => person?.threepids.length);
  const usable: Record<string, number> = { ...parts };
  for (const { part } of lost) usable[part] = (usable[part] ?? 0) - 1;
  return { usable, lost: lost.length };
}
