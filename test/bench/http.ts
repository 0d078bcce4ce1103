import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formerBuild } from './former-build.js';
import { compare } from './compare.js';
import { type Comparison, linesOf } from './comparison.js';
import { type Kind, KINDS, type Side, V1_KINDS } from './http/requests.js';
import { watchMemory } from './memory.js';
import { type Closing, DIST, FORMER_LIMITS, residentMB, startBare, startDriver, startServer } from './servers.js';

export interface HttpBenchOptions {
  readonly addresses?: number;
  readonly rounds?: number;
  /** How long each server is under load in each round. */
  readonly ms?: number;
  readonly kinds?: readonly Kind[];
}

/**
 * Requests per second in a closed loop: of this build, of a bare Express server, and for version 1 of the former build.
 * The servers are measured alternately, so that a slower machine affects all of them. Each ratio is the median of the
 * ratios within one round; it is 1 if both are equally fast. `byCpu` is the ratio of the processor times for a request.
 */
export async function benchHttp({
  addresses = 100_000,
  rounds = 15,
  ms = 400,
  kinds = [...KINDS, ...V1_KINDS],
}: HttpBenchOptions = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'islet-http-'));
  const closing: Closing = [() => rm(folder, { recursive: true, force: true })];
  try {
    const driver = startDriver(closing);
    const former = await formerBuild();
    const { islet: _process, ...islet } = await startServer(DIST, join(folder, 'islet'), addresses, closing);
    const atRestMB = await residentMB(islet.pids());
    const bare = await startBare(addresses, closing);
    const requests: Record<string, Comparison> = {};
    const measure = async (kind: Kind, sides: Readonly<Record<string, Side>>) => {
      process.stderr.write(`  ${kind.name}\n`);
      requests[kind.name] = await compare(driver, kind, sides, addresses, rounds, ms);
    };
    const endings = [watchMemory(islet.pids()), watchMemory(bare.pids())] as const;
    closing.push(...endings);
    for (const kind of kinds) if (!kind.request.startsWith('v1')) await measure(kind, { islet, bare });
    const [ofIslet, ofBare] = [await endings[0](), await endings[1]()];
    if (former !== undefined) {
      const formerFolder = join(folder, 'former');
      const { islet: _former, ...side } = await startServer(former, formerFolder, addresses, closing, FORMER_LIMITS);
      for (const kind of kinds) if (kind.request.startsWith('v1')) await measure(kind, { islet, former: side });
    }
    const memory = {
      atRestMB,
      isletMB: ofIslet.meanMB,
      bareMB: ofBare.meanMB,
      isletToBare: ofIslet.meanMB / ofBare.meanMB,
      isletPeakMB: ofIslet.peakMB,
      barePeakMB: ofBare.peakMB,
    };
    return { addresses, requests, memory, lines: linesOf(kinds, requests, memory) };
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}
