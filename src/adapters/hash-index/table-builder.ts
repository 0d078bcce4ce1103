import { on } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { type ClaimPage, claimText, type ClaimText } from '../../domain/associations/claim-text.js';
import type { ClaimReader } from '../../ports/hash-index.js';
import { startWorker } from '../shared/start-worker.js';
import { Table, type TableParts } from './hash-table.js';
import type { WorkerMessage, WorkerOptions } from './table-builder-worker.js';

const CLAIMS_AT_ONCE = 500;
const ORDERS_AHEAD = 4;

/** A worker thread that hashes claims under several peppers. For a single use. */
export class TableBuilder {
  private readonly worker: Worker;
  private readonly replies: AsyncIterator<unknown[], undefined>;

  constructor(private readonly task: WorkerOptions) {
    this.worker = startWorker('hash-index/table-builder-worker', { name: 'hash-index', workerData: task });
    this.replies = on(this.worker, 'message', { close: ['exit'] });
  }

  /**
   * Reads claims no faster than they are hashed.
   *
   * @returns a table for each pepper
   * @throws the error of the reader, or an error if the thread has exited
   */
  async build(claims: ClaimReader): Promise<Map<string, Table>> {
    let ahead = 0;
    for await (const page of claims()) {
      for (const claims of textsOf(page)) {
        this.order({ claims });
        if (ahead < ORDERS_AHEAD) ahead += 1;
        else await this.reply();
      }
    }
    this.order('finish');
    for (; ahead > 0; ahead -= 1) await this.reply();
    const parts = (await this.reply()) as readonly TableParts[];
    return new Map(this.task.peppers.map((pepper, i) => [pepper, new Table(parts[i])]));
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }

  private order(order: WorkerMessage): void {
    this.worker.postMessage(order);
  }

  private async reply(): Promise<unknown> {
    try {
      const { done, value } = await this.replies.next();
      if (!done) return value[0];
    } catch (cause) {
      throw new Error('The thread that builds the hash index failed', { cause });
    }
    throw new Error('The thread that builds the hash index stopped before it finished');
  }
}

function* textsOf(page: ClaimPage): Iterable<ClaimText> {
  if (typeof page === 'string') yield page;
  else for (let at = 0; at < page.length; at += CLAIMS_AT_ONCE) yield claimText(page.slice(at, at + CLAIMS_AT_ONCE));
}
