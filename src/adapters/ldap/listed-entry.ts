import type { DirectoryEntry } from '../../domain/directory.js';
import type { DirectoryPage } from '../../ports/directory.js';
import { read } from './entry.js';
import type { RawPage } from './listing.js';
import type { RawEntry } from './raw-entry.js';
import type { Rules } from './rules.js';

/** A page to be understood by the given rules. */
export const readable = ({ part, entries }: RawPage, rules: Rules): DirectoryPage => ({
  part,
  entries: entries.map((entry) => new ListedEntry(entry, rules)),
});

/** Whether an entry has no lasting id that we may see: then whoever gets its distinguished name is taken for it. */
export const isKnownByName = ({ id, label }: Pick<DirectoryEntry, 'id' | 'label'>): boolean =>
  id === label.toLowerCase();

class ListedEntry implements DirectoryEntry {
  readonly id: string;
  readonly label: string;
  readonly stamp: string;

  constructor(
    private readonly raw: RawEntry,
    private readonly rules: Rules,
  ) {
    this.id = raw.id;
    this.label = raw.dn;
    this.stamp = raw.digest + rules.mark;
  }

  read(): ReturnType<DirectoryEntry['read']> {
    return read(this.raw, this.rules);
  }
}
