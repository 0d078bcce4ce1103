import { parentPort, workerData } from 'node:worker_threads';
import { connectionSecurity } from '../connection/connection-security.js';
import { FullListing, type ListingEvents } from './full-listing.js';
import { type ListingJob, packPage, type Report } from './listing-thread.js';
import type { StatusListener } from '../connection/status-reporter.js';
import { LdapError, messageOf } from '../connection/ldap-error.js';
import { rulesOf } from '../mapping/mapping-rules.js';
import { ServerFailover } from '../connection/server-failover.js';
import { STALL_MS } from '../options.js';
import { errorText } from '../../../domain/shared/error-text.js';

/** Pages that may be in transit to the consumer. */
const PAGES_AHEAD = 5;

if (!parentPort) throw new Error('This file must be run in a worker thread');
const port = parentPort;
const options = workerData as ListingJob;
const say = (report: Report, transfer: readonly ArrayBuffer[] = []): void => port.postMessage(report, transfer);

const outages: StatusListener = {
  failed(what, error) {
    const isKnown = error instanceof LdapError;
    say({
      failed: what,
      endpoint: isKnown ? error.endpoint : what,
      problem: isKnown ? error.problem : messageOf(error),
    });
  },
  recovered: (what) => say({ recovered: what }),
};
const warnings: ListingEvents = {
  filterMatchesNothing: (text) => say({ warning: 'filterMatchesNothing', text }),
  hasOnlyAliases: (text) => say({ warning: 'hasOnlyAliases', text }),
  showsNothing: (text) => say({ warning: 'showsNothing', text }),
  refersElsewhere: (text) => say({ warning: 'refersElsewhere', text }),
  pagesLackEntries: (text) => say({ warning: 'pagesLackEntries', text }),
  onCursor: (text) => say({ warning: 'onCursor', text }),
};

let ahead = 0;
let wake: () => void = () => undefined;
port.on('message', () => {
  ahead -= 1;
  wake();
});

const access = connectionSecurity(options);
try {
  const { urls, failing, bases, pageSize, stallLimitMs: stallMs = STALL_MS } = options;
  const clock = { now: () => Date.now() };
  const servers = new ServerFailover(urls, access, outages, clock, failing);
  const listingScope = { bases: [...new Set(bases)], pageSize, stallMs };
  for await (const page of new FullListing({
    rules: rulesOf(options),
    servers,
    listingScope,
    warnings,
    clock,
  }).pages()) {
    while (ahead >= PAGES_AHEAD) await new Promise<void>((resolve) => (wake = resolve));
    ahead += 1;
    const packed = packPage(page);
    say({ page: packed }, [packed.attributes.buffer, packed.lengths.buffer]);
  }
  say({ end: undefined });
} catch (error) {
  const refusal = access.bind?.refusedWith;
  if (refusal) say({ refused: refusal.message });
  say({ end: errorText(error) });
}
