import type { Claim } from '../../domain/associations/claim.js';
import { entriesOf } from './index-entry.js';
import { Table } from './hash-table.js';

export interface IndexChange {
  readonly source: string;
  readonly removed: readonly Claim[];
  readonly added: readonly Claim[];
}

/**
 * Removes, then adds, in small steps. In fact it adds first and removes what was not added: who asks
 * in between does not miss what stays.
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
