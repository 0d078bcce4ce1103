import { on } from 'node:events';
import type { PeopleReader } from '../../ports/name-index.js';
import { startWorker } from '../shared/start-worker.js';
import { packPeople } from './people-codec.js';
import { Segment } from './segment.js';
import type { WorkerMessage } from './segment-builder-worker.js';
import type { SegmentParts } from './segment-parts.js';

const PEOPLE_AT_ONCE = 250;
const ORDERS_AHEAD = 4;

/**
 * Reads people and builds a segment of them in a worker thread, no faster than the thread processes them.
 *
 * @param signal cancels the build
 * @throws the error of the reader, or an error if the thread has exited
 */
export async function buildSegment(people: PeopleReader, signal: AbortSignal): Promise<Segment> {
  const worker = startWorker('name-index/segment-builder-worker', { name: 'name-index' });
  const replies: AsyncIterator<unknown[], undefined> = on(worker, 'message', { close: ['exit'], signal });
  const order = (message: WorkerMessage): void => worker.postMessage(message);
  const reply = async (): Promise<unknown> => {
    const { done, value } = await replies.next();
    if (done) throw new Error('The thread that builds the name index stopped before it finished');
    return value[0];
  };
  try {
    let ahead = 0;
    for await (const page of people()) {
      for (let at = 0; at < page.length; at += PEOPLE_AT_ONCE) {
        order({ people: packPeople(page.slice(at, at + PEOPLE_AT_ONCE)) });
        if (ahead < ORDERS_AHEAD) ahead += 1;
        else await reply();
      }
    }
    order('finish');
    for (; ahead > 0; ahead -= 1) await reply();
    return new Segment((await reply()) as SegmentParts);
  } finally {
    await worker.terminate();
  }
}
