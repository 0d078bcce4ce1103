import type { MirrorStore } from '../../ports/mirror-store.js';
import type { MirrorState } from '../directory/mirror-state.js';
import type { DirectoryDiff } from './full-sync.js';
import { shrinkage } from './shrink-check.js';

/**
 * Why a listing is rejected as broken. A wrong filter, a missing permission or a wrong server must not have the effect
 * that all people left, or, at the first sync, that there are none.
 */
export async function rejectionReason(
  source: string,
  before: MirrorState,
  listing: DirectoryDiff,
  store: MirrorStore,
  maxShrink: number,
): Promise<string | undefined> {
  const repetition = mostlyAmbiguous(listing, maxShrink);
  if (repetition !== undefined) return [repetition, ...warningsOf(listing)].join('; ');
  const shrunk = shrinkage(before.bases, listing.bases, maxShrink, listing.moved);
  if (shrunk !== undefined) return [shrunk, ...warningsOf(listing)].join('; ');
  if (before.syncedAt === undefined) return emptyReason(listing);
  const { usable, lost } = await lostAddresses(source, listing, store);
  return shrinkage(before.bases, usable, maxShrink, listing.moved) === undefined
    ? undefined
    : `${lost} entries have lost all their addresses: the bind account may no longer be allowed to read them`;
}

/**
 * Rejects a listing with too many duplicate ids: the attribute is then not a unique id. One duplicate is always
 * accepted.
 */
function mostlyAmbiguous({ bases, ambiguous: { entries, ids } }: DirectoryDiff, maxShrink: number): string | undefined {
  const all = Object.values(bases).reduce((sum, count) => sum + count, entries);
  const surplus = entries - ids;
  return surplus > 1 && surplus / all > maxShrink
    ? `${entries} of ${all} entries have the same id as another entry: the attribute is not a unique id`
    : undefined;
}

/** The warnings about parts, one line each. */
export const warningsOf = ({ warnings = {} }: Pick<DirectoryDiff | MirrorState, 'warnings'>): readonly string[] =>
  Object.entries(warnings).map(([base, warning]) => `${base}: ${warning}`);

/** Why a first listing without any usable person is rejected. An empty listing without warnings is accepted. */
function emptyReason({ upserts, reportSamples, warnings = {} }: DirectoryDiff): string | undefined {
  if (upserts.size === 0) return warningsOf({ warnings }).join('; ') || undefined;
  if (reportSamples.hasAddresses) return undefined;
  const { people, skipped } = reportSamples.samples;
  return people.count === 0
    ? `none of the ${upserts.size} entries has a usable user ID: ${skipped.shown[0]?.reasons[0] ?? 'unknown reason'}`
    : `none of the ${upserts.size} entries has an address: the bind account may not read them, or they are in other attributes`;
}

/** For each part, how many entries are still usable, and in total how many lost all their addresses. */
async function lostAddresses(source: string, { bases, withoutAddresses }: DirectoryDiff, store: MirrorStore) {
  const lost = (await store.get(source, withoutAddresses)).filter(({ person }) => person?.threepids.length);
  const usable: Record<string, number> = { ...bases };
  for (const { base } of lost) usable[base] = (usable[base] ?? 0) - 1;
  return { usable, lost: lost.length };
}
