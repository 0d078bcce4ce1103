import type { MirroredEntry } from '../../../src/domain/directory/directory-entry.js';
import type { EntryBuffer } from '../../../src/ports/mirror-store.js';

export class MemoryMirrorDraft implements EntryBuffer {
  readonly entries: MirroredEntry[] = [];

  get size(): number {
    return this.entries.length;
  }

  add(entry: MirroredEntry): void {
    this.entries.push(entry);
  }

  *pages(): Iterable<readonly MirroredEntry[]> {
    if (this.entries.length > 0) yield this.entries;
  }
}
