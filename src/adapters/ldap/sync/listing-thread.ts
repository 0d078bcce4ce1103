import { on } from 'node:events';
import { startWorker } from '../../shared/start-worker.js';
import type { RawPage, ListingEvents } from './full-listing.js';
import type { LdapOptions } from '../options.js';
import type { StatusListener } from '../connection/status-reporter.js';
import { LdapError } from '../connection/ldap-error.js';
import type { RawEntry } from '../protocol/raw-entry.js';

/** What the thread is told: of a directory, and URLs of servers that were down before. */
export type ListingJob = LdapOptions & { readonly failing: readonly string[] };

/** What the thread says: a page, how the directory does, or that it is over, with or without success. */
export type Report =
  | { readonly page: PackedPage }
  | { readonly failed: string; readonly endpoint: string; readonly problem: string }
  | { readonly recovered: string }
  | { readonly warning: keyof ListingEvents; readonly text: string }
  | { readonly refused: string }
  | { readonly end: string | undefined };

/** A page as columns: thousands of objects cost several times as much on their way between threads. */
export interface PackedPage {
  readonly base: string;
  readonly isUnlisted?: true;
  readonly ids: readonly string[];
  readonly dns: readonly string[];
  readonly digests: readonly string[];
  /** Those of all entries, one after the other. */
  readonly attributes: Uint8Array<ArrayBuffer>;
  readonly lengths: Uint32Array<ArrayBuffer>;
}

export function packPage({ entries, ...rest }: RawPage): PackedPage {
  const lengths = Uint32Array.from(entries, ({ attributes }) => attributes.length);
  const attributes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const entry of entries) {
    attributes.set(entry.attributes, at);
    at += entry.attributes.length;
  }
  return {
    ...rest,
    ids: entries.map(({ id }) => id),
    dns: entries.map(({ dn }) => dn),
    digests: entries.map(({ digest }) => digest),
    attributes,
    lengths,
  };
}

function unpack({ ids, dns, digests, attributes, lengths, ...rest }: PackedPage): RawPage {
  const bytes = Buffer.from(attributes.buffer);
  let start = 0;
  const entries = ids.map((id, at): RawEntry => {
    const end = start + (lengths[at] ?? 0);
    const own = bytes.subarray(start, end);
    start = end;
    return { id, dn: dns[at] ?? '', attributes: own, digest: digests[at] ?? '', missing: [] };
  });
  return { ...rest, entries };
}

/** Garbage of one page is collected while the next is read: with room for several, half of that time is saved. */
const YOUNG_GENERATION_MB = 64;

/**
 * Lists a directory in a thread of its own, a page ahead of whoever takes the pages. Decoding a
 * hundred thousand entries is work for seconds, and its garbage would stop every request.
 *
 * @param signal ends it
 * @param onRefused is told if the password is not good any more
 * @throws what the listing throws, in its words
 */
export async function* listInThread(
  options: ListingJob,
  outages: StatusListener,
  warnings: ListingEvents,
  signal: AbortSignal,
  onRefused: (cause: Error) => void = () => undefined,
): AsyncGenerator<RawPage> {
  const worker = startWorker(import.meta.url, 'listing-worker', {
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
        outages.failed(report.failed, new LdapError(report.endpoint, report.problem));
      } else if ('recovered' in report) {
        outages.recovered(report.recovered);
      } else if ('warning' in report) {
        warnings[report.warning](report.text);
      } else if ('refused' in report) {
        onRefused(new Error(report.refused));
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
