import { parentPort, workerData } from 'node:worker_threads';
import { accessOf } from './access.js';
import { Listing, type Remarks } from './listing.js';
import { packPage, type Report } from './listing-thread.js';
import type { LdapOptions } from './options.js';
import type { OutageWatch } from './outages.js';
import { DirectoryProblem, wordsOf } from './problem.js';
import { rulesOf } from './rules.js';
import { Servers } from './servers.js';
import { STALL_MS } from './stall.js';

/** Pages that may be on their way to whoever takes them. */
const PAGES_AHEAD = 5;

if (!parentPort) throw new Error('This file runs in a thread of its own');
const port = parentPort;
const options = workerData as LdapOptions;
const say = (report: Report, transfer: readonly ArrayBuffer[] = []): void => port.postMessage(report, transfer);

const outages: OutageWatch = {
  failed(what, error) {
    const isKnown = error instanceof DirectoryProblem;
    say({ failed: what, hop: isKnown ? error.hop : what, problem: isKnown ? error.problem : wordsOf(error) });
  },
  worked: (what) => say({ worked: what }),
};
const remarks: Remarks = {
  filterMatchesNothing: (text) => say({ remark: 'filterMatchesNothing', text }),
  showsNothing: (text) => say({ remark: 'showsNothing', text }),
  refersElsewhere: (text) => say({ remark: 'refersElsewhere', text }),
  stood: (text) => say({ remark: 'stood', text }),
};

let ahead = 0;
let wake: () => void = () => undefined;
port.on('message', () => {
  ahead -= 1;
  wake();
});

try {
  const { urls, bases, pageSize, stallLimitMs: stallMs = STALL_MS } = options;
  const clock = { now: () => Date.now() };
  const servers = new Servers(urls, accessOf(options), outages, clock);
  const extent = { bases: [...new Set(bases)], pageSize, stallMs };
  for await (const page of new Listing(rulesOf(options), servers, extent, remarks, clock).pages()) {
    while (ahead >= PAGES_AHEAD) await new Promise<void>((resolve) => (wake = resolve));
    ahead += 1;
    const packed = packPage(page);
    say({ page: packed }, [packed.attributes.buffer, packed.lengths.buffer]);
  }
  say({ end: undefined });
} catch (error) {
  say({ end: error instanceof Error ? error.message : String(error) });
}
