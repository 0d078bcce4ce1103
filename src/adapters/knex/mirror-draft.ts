import type { MirroredEntry } from '../../domain/directory.js';
import type { MirrorDraft } from '../../ports/mirror-store.js';
import { entryFromValues, valuesOf } from './mirror-rows.js';

/** More would hold up whoever reads them. */
const PAGE = 250;

/**
 * Entries as the text in which the database takes them: a few long strings, where a million objects
 * would keep the garbage collector busy.
 */
export class KnexMirrorDraft implements MirrorDraft {
  private readonly full: string[] = [];
  private rows: string[] = [];

  get size(): number {
    return this.full.length * PAGE + this.rows.length;
  }

  add(entry: MirroredEntry): void {
    this.rows.push(JSON.stringify(valuesOf(entry)));
    if (this.rows.length < PAGE) return;
    this.full.push(jsonArray(this.rows));
    this.rows = [];
  }

  *pages(): Iterable<readonly MirroredEntry[]> {
    for (const text of this.texts())
      yield (JSON.parse(text) as Parameters<typeof entryFromValues>[0][]).map(entryFromValues);
  }

  /** JSON arrays of rows, for `putEntries`. */
  *texts(): Iterable<string> {
    yield* this.full;
    if (this.rows.length > 0) yield jsonArray(this.rows);
  }
}

const jsonArray = (values: readonly string[]): string => `[${values.join()}]`;
