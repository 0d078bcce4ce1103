import { on } from 'node:events';
import { startWorker } from '../../shared/start-worker.js';
import type { RawPage, ListingEvents } from './full-listing.js';
import type { LdapOptions } from '../options.js';
import type { StatusListener } from '../connection/status-reporter.js';
import { LdapError } from '../connection/ldap-error.js';
import type { RawEntry } from '../protocol/raw-entry.js';

/** Input of the thread: the directory, and the URLs of servers that are known to fail. */
export type ListingJob = LdapOptions & { readonly failing: readonly string[] };

/** Messages of the thread: a page, a status change of the directory, a warning, or the end with or without an error. */
export type Report =
  | { readonly page: PackedPage }
  | { readonly failed: string; readonly endpoint: string; readonly problem: string }
  | { readonly recovered: string }
  | { readonly warning: keyof ListingEvents; readonly text: string }
  | { readonly refused: string }
  | { readonly end: string | undefined };

/** A page in columns: transferring thousands of objects between threads costs several times as much. */
export interface PackedPage {
  readonly base: string;
  readonly isUnlisted?: true;
  readonly ids: readonly string[];
  readonly dns: readonly string[];
  readonly digests: readonly string[];
  /** The attributes of all entries, concatenated. */
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

/**
 * The garbage of one page is collected while the next is read. Room for several pages halves the time for garbage
 * collection.
 */
const YOUNG_GENERATION_MB = 64;

/**
 * Lists a directory in a separate thread, reading one page ahead of the consumer. Decoding a hundred thousand entries
 * takes seconds, and its garbage collection would block all requests.
 *
 * @param signal cancels the listing
 * @param onRefused called if the password is no longer accepted
 * @throws the error of the listing, with its message
 */
export async function* listInThread(
  options: ListingJob,
  outages: StatusListener,
  warnings: ListingEvents,
  signal: AbortSignal,
  onRefused: (cause: Error) => void = () => undefined,
): AsyncGenerator<RawPage> {
  const worker = startWorker('ldap/sync/listing-worker', {
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
    throw new Error('the thread that lists the directory stopped before it finished');
  } finally {
    await worker.terminate();
  }
}
