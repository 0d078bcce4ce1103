import type { DirectoryEntry } from '../../../domain/directory/directory-entry.js';
import type { DirectoryPage } from '../../../ports/directory.js';
import { read } from '../mapping/map-entry.js';
import type { RawPage } from './full-listing.js';
import type { RawEntry } from '../protocol/raw-entry.js';
import type { Rules } from '../mapping/mapping-rules.js';

/** A page whose entries are mapped by the given rules on first use. */
export const readable = ({ base, entries, isUnlisted }: RawPage, rules: Rules): DirectoryPage => ({
  base,
  entries: entries.map((entry) => new LazyEntry(entry, rules, isUnlisted)),
});

/**
 * Whether an entry has no readable persistent id. A new entry with the same distinguished name is then mistaken for it.
 */
export const isKnownByName = ({ id, label }: Pick<DirectoryEntry, 'id' | 'label'>): boolean =>
  id === label.toLowerCase();

/** Suffix of the digest of an unlisted entry. */
const UNLISTED = ' unlisted';

export const isUnlistedDigest = (digest: string): boolean => digest.endsWith(UNLISTED);

class LazyEntry implements DirectoryEntry {
  readonly id: string;
  readonly label: string;
  readonly digest: string;

  constructor(
    private readonly raw: RawEntry,
    private readonly rules: Rules,
    private readonly isUnlisted: true | undefined,
  ) {
    this.id = raw.id;
    this.label = raw.dn;
    this.digest = raw.digest + rules.rulesVersion + (isUnlisted ? UNLISTED : '');
  }

  parse(): ReturnType<DirectoryEntry['parse']> {
    const { person, ...rest } = read(this.raw, this.rules);
    if (!person || !this.isUnlisted) return { ...rest, person };
    // Unlisted people are never found by name, so no search text is stored.
    const { searchText: _searchText, ...kept } = person;
    return { ...rest, person: { ...kept, isUnlisted: true } };
  }
}
