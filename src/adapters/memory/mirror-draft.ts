import type { MirroredEntry } from '../../domain/directory.js';
import type { MirrorDraft } from '../../ports/mirror-store.js';

export class MemoryMirrorDraft implements MirrorDraft {
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
