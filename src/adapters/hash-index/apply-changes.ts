import type { Claim } from '../../domain/associations/claim.js';
import { entriesOf } from './index-entry.js';
import { Table } from './hash-table.js';

export interface IndexChange {
  readonly source: string;
  readonly removed: readonly Claim[];
  readonly added: readonly Claim[];
}

/**
 * Applies removals and additions in small steps. Additions come first, and entries that were just added are not
 * removed, so that lookups in between do not miss entries that stay.
 */
export function* applyTo(tables: Iterable<readonly [pepper: string, Table]>, change: IndexChange): Generator<void> {
  for (const [pepper, table] of tables) {
    const added = new Table();
    for (const claim of change.added) {
      for (const entry of entriesOf(claim, pepper)) {
        yield* table.makeRoom();
        table.add(entry);
        if (change.removed.length === 0) continue;
        yield* added.makeRoom();
        added.add(entry);
      }
      yield;
    }
    for (const claim of change.removed) {
      for (const entry of entriesOf(claim, pepper)) if (!added.has(entry)) table.remove(entry);
      yield;
    }
  }
}
