import { parentPort, workerData } from 'node:worker_threads';
import { claimsOf, type ClaimText } from '../../domain/associations/claim-text.js';
import { entriesOf } from './index-entry.js';
import { Table } from './hash-table.js';

/** Claims to add, or the end of the input. */
export type WorkerMessage = { readonly claims: ClaimText } | 'finish';

export interface WorkerOptions {
  readonly peppers: readonly string[];
  /** Estimated number of entries; 0 if unknown. */
  readonly expected: number;
}

if (!parentPort) throw new Error('This file must be run in a worker thread');
const port = parentPort;
const { peppers, expected } = workerData as WorkerOptions;
const tables = peppers.map((pepper) => ({ pepper, table: new Table(expected) }));

port.on('message', (order: WorkerMessage) => {
  if (order === 'finish') {
    finish();
    return;
  }
  for (const claim of claimsOf(order.claims)) {
    for (const { pepper, table } of tables) {
      for (const entry of entriesOf(claim, pepper)) {
        if (table.isFull) toEnd(table.makeRoom());
        table.add(entry);
      }
    }
  }
  port.postMessage('taken');
});

function finish(): void {
  for (const { table } of tables) toEnd(table.trim());
  const parts = tables.map(({ table }) => table.parts);
  const buffers = parts.flatMap(({ slots, records }) => [slots.buffer, ...records.chunks.map(({ buffer }) => buffer)]);
  port.postMessage(parts, buffers);
}

function toEnd(work: Iterator<void>): void {
  while (!work.next().done);
}
