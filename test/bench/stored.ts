import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare } from './compare.js';
import type { Comparison } from './comparison.js';
import { type Kind, lookupOf, type Side } from './http/requests.js';
import type { Line } from './lines.js';
import { type Closing, DIST, startDriver, startServer } from './servers.js';

const STORED = [1_000, 10_000, 100_000, 1_000_000] as const;

/** Lookups with a thousand and with a million stored addresses, alternately on two servers. */
export async function benchStored({ rounds = 21, ms = 300, sizes = STORED as readonly number[] } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'islet-stored-'));
  const closing: Closing = [() => rm(folder, { recursive: true, force: true })];
  try {
    const driver = startDriver(closing);
    const sides: Record<string, Side> = {};
    for (const addresses of sizes.toReversed()) {
      const { islet: _process, ...side } = await startServer(DIST, join(folder, String(addresses)), addresses, closing);
      sides[`of${addresses}`] = { ...side, addresses };
    }
    const requests: Record<string, Comparison> = {};
    for (const kind of [lookupOf(1), lookupOf(100)] as readonly Kind[])
      requests[kind.name] = await compare(driver, kind, sides, 0, rounds, ms);
    const [most, least] = [sizes.at(-1), sizes[0]];
    const lines = Object.entries(requests).map(([name, measured]): Line => {
      const value = measured[`of${most}ToOf${least}`] ?? Number.NaN;
      return { number: '3', what: `${name}, ${most} stored : ${least} stored`, value, target: 0.9 };
    });
    return { requests, lines };
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}
