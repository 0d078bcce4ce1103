import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Comparisons } from './compare.js';
import { lookupOf, type Side } from './http/requests.js';
import type { Line } from './lines.js';
import { type Closing, DIST, fill, startDriver, startFilled } from './servers.js';

const STORED = [1_000, 10_000, 100_000, 1_000_000] as const;

/** Lookups with a thousand and with a million stored addresses, alternately on two servers; once for the sizes between. */
export async function benchStored({ starts = 8, rounds = 7, ms = 300, sizes = STORED as readonly number[] } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'islet-stored-'));
  try {
    const comparisons = new Comparisons();
    for (const addresses of sizes) await fill(DIST, join(folder, String(addresses)), addresses);
    const [most, least] = [sizes.at(-1), sizes[0]];
    for (let start = 0; start < starts; start++) {
      const closing: Closing = [];
      try {
        const sides: Record<string, Side> = {};
        for (const addresses of sizes.toReversed()) {
          if (start > 0 && addresses !== most && addresses !== least) continue;
          const { islet: _process, ...side } = await startFilled(DIST, join(folder, String(addresses)), closing);
          sides[`of${addresses}`] = { ...side, addresses };
        }
        const load = { driver: startDriver(closing), rounds, ms };
        await comparisons.warmUp(sides, load);
        for (const kind of [lookupOf(1), lookupOf(100)]) await comparisons.measure(kind, sides, load);
      } finally {
        for (const close of closing.toReversed()) await close();
      }
    }
    const requests = comparisons.all;
    const lines = Object.entries(requests).map(([name, measured]): Line => {
      const value = measured[`of${most}ToOf${least}`] ?? Number.NaN;
      return { number: '3', what: `${name}, ${most} stored : ${least} stored`, value, target: 0.9 };
    });
    return { requests, lines };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
