import { on } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { RawPage, Remarks } from './listing.js';
import type { LdapOptions } from './options.js';
import type { OutageWatch } from './outages.js';
import { DirectoryProblem } from './problem.js';
import type { RawEntry } from './raw-entry.js';

/** What the thread says: a page, how the directory does, or that it is over, with or without success. */
export type Report =
  | { readonly page: PackedPage }
  | { readonly failed: string; readonly hop: string; readonly problem: string }
  | { readonly worked: string }
  | { readonly remark: keyof Remarks; readonly text: string }
  | { readonly end: string | undefined };

/** A page as columns: thousands of objects cost several times as much on their way between threads. */
export interface PackedPage {
  readonly part: string;
  readonly ids: readonly string[];
  readonly dns: readonly string[];
  readonly digests: readonly string[];
  /** Those of all entries, one after the other. */
  readonly attributes: Uint8Array<ArrayBuffer>;
  readonly lengths: Uint32Array<ArrayBuffer>;
}

export function packPage({ part, entries }: RawPage): PackedPage {
  const lengths = Uint32Array.from(entries, ({ attributes }) => attributes.length);
  const attributes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const entry of entries) {
    attributes.set(entry.attributes, at);
    at += entry.attributes.length;
  }
  return {
    part,
    ids: entries.map(({ id }) => id),
    dns: entries.map(({ dn }) => dn),
    digests: entries.map(({ digest }) => digest),
    attributes,
    lengths,
  };
}

function unpack({ part, ids, dns, digests, attributes, lengths }: PackedPage): RawPage {
  const bytes = Buffer.from(attributes.buffer);
  let start = 0;
  const entries = ids.map((id, at): RawEntry => {
    const end = start + (lengths[at] ?? 0);
    const own = bytes.subarray(start, end);
    start = end;
    return { id, dn: dns[at] ?? '', attributes: own, digest: digests[at] ?? '', missing: [] };
  });
  return { part, entries };
}

/** Garbage of one page is collected while the next is read: with room for several, half of that time is saved. */
const YOUNG_GENERATION_MB = 64;

/** Threads cannot run TypeScript: where this file is not compiled, in tests, the worker of the last build is taken. */
const workerUrl = () =>
  new URL(
    import.meta.url.endsWith('.ts') ? '../../../dist/adapters/ldap/listing-worker.js' : './listing-worker.js',
    import.meta.url,
  );

/**
 * Lists a directory in a thread of its own, a page ahead of whoever takes the pages. Decoding a
 * hundred thousand entries is work for seconds, and its garbage would stop every request.
 *
 * @param signal ends it
 * @throws what the listing throws, in its words
 */
export async function* listInThread(
  options: LdapOptions,
  outages: OutageWatch,
  remarks: Remarks,
  signal: AbortSignal,
): AsyncGenerator<RawPage> {
  const worker = new Worker(workerUrl(), {
    name: `listing of ${options.name}`,
    workerData: options,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  try {
    for await (const [report] of on(worker, 'message', { close: ['exit'], signal }) as AsyncIterable<[Report]>) {
      if ('page' in report) {
        yield unpack(report.page);
        worker.postMessage('taken');
      } else if ('failed' in report) {
        outages.failed(report.failed, new DirectoryProblem(report.hop, report.problem));
      } else if ('worked' in report) {
        outages.worked(report.worked);
      } else if ('remark' in report) {
        remarks[report.remark](report.text);
      } else if (report.end === undefined) {
        return;
      } else {
        throw new Error(report.end);
      }
    }
    throw new Error('the thread that lists the directory ended early');
  } finally {
    await worker.terminate();
  }
}
