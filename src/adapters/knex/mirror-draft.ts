import type { MirroredEntry } from '../../domain/directory/directory-entry.js';
import type { EntryBuffer } from '../../ports/mirror-store.js';
import { entryFromValues, type Values, valuesOf } from './mirror-rows.js';

/** Larger pages would block the reader for too long. */
const PAGE = 250;

/**
 * Collects entries as text in the format of the database: a few long strings, because a million objects would slow down
 * the garbage collector.
 */
export class KnexMirrorDraft implements EntryBuffer {
  private readonly full: string[] = [];
  private rows: Values[] = [];

  /** @param isForPostgres whether the entries are for PostgreSQL */
  constructor(private readonly isForPostgres: boolean) {}

  get size(): number {
    return this.full.length * PAGE + this.rows.length;
  }

  add(entry: MirroredEntry): void {
    this.rows.push(valuesOf(entry, this.isForPostgres));
    if (this.rows.length < PAGE) return;
    this.full.push(JSON.stringify(this.rows));
    this.rows = [];
  }

  *pages(): Iterable<readonly MirroredEntry[]> {
    for (const text of this.texts()) yield (JSON.parse(text) as Values[]).map(entryFromValues);
  }

  /** JSON arrays of rows, for `insertEntries`. */
  *texts(): Iterable<string> {
    yield* this.full;
    if (this.rows.length > 0) yield JSON.stringify(this.rows);
  }
}
