import { parentPort } from 'node:worker_threads';
import { unpackPeople } from './people-codec.js';
import { SegmentBuilder } from './segment-builder.js';

/** People to add, or the end of the input. */
export type WorkerMessage = { readonly people: string } | 'finish';

if (!parentPort) throw new Error('This file must be run in a worker thread');
const port = parentPort;
const builder = new SegmentBuilder();

port.on('message', (order: WorkerMessage) => {
  if (order !== 'finish') {
    for (const person of unpackPeople(order.people)) builder.add(person);
    port.postMessage('taken');
    return;
  }
  const parts = builder.finish();
  const { sources: _sources, ...arrays } = parts;
  port.postMessage(
    parts,
    Object.values(arrays).map(({ buffer }) => buffer),
  );
});
