import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formerBuild } from './former-build.js';
import { Comparisons, type Load } from './compare.js';
import { linesOf } from './comparison.js';
import { type Kind, KINDS, V1_KINDS } from './http/requests.js';
import { median } from './measure.js';
import { type Memory, watchMemory } from './memory.js';
import { type Closing, DIST, FORMER_LIMITS, residentMB, startBare, startDriver, startServer } from './servers.js';

export interface HttpBenchOptions {
  readonly addresses?: number;
  readonly starts?: number;
  /** For each start. */
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
  starts = 3,
  rounds = 5,
  ms = 400,
  kinds = [...KINDS, ...V1_KINDS],
}: HttpBenchOptions = {}) {
  const former = await formerBuild();
  const comparisons = new Comparisons();
  const memories: Memories[] = [];
  for (let start = 0; start < starts; start++) {
    process.stderr.write(`  start ${start + 1} of ${starts}\n`);
    const folder = await mkdtemp(join(tmpdir(), 'islet-http-'));
    const closing: Closing = [() => rm(folder, { recursive: true, force: true })];
    try {
      const load: Load = { driver: startDriver(closing), addresses, rounds, ms };
      const { islet: _process, ...islet } = await startServer(DIST, join(folder, 'islet'), addresses, closing);
      const atRestMB = await residentMB(islet.pids());
      const bare = await startBare(addresses, closing);
      const endings = [watchMemory(islet.pids()), watchMemory(bare.pids())] as const;
      closing.push(...endings);
      await comparisons.warmUp({ islet, bare }, load);
      for (const kind of kinds)
        if (!kind.request.startsWith('v1')) await comparisons.measure(kind, { islet, bare }, load);
      memories.push({ atRestMB, islet: await endings[0](), bare: await endings[1]() });
      if (former !== undefined) {
        const formerFolder = join(folder, 'former');
        const { islet: _former, ...side } = await startServer(former, formerFolder, addresses, closing, FORMER_LIMITS);
        for (const kind of kinds)
          if (kind.request.startsWith('v1')) await comparisons.measure(kind, { islet, former: side }, load);
      }
    } finally {
      for (const close of closing.toReversed()) await close();
    }
  }
  const [requests, memory] = [comparisons.all, memoryOf(memories)];
  return { addresses, requests, memory, lines: linesOf(kinds, requests, memory) };
}

interface Memories {
  readonly atRestMB: number;
  readonly islet: Memory;
  readonly bare: Memory;
}

/** The medians of the starts. */
function memoryOf(memories: readonly Memories[]) {
  const of = (value: (memory: Memories) => number) => median(memories.map(value));
  return {
    atRestMB: of(({ atRestMB }) => atRestMB),
    isletMB: of(({ islet }) => islet.meanMB),
    bareMB: of(({ bare }) => bare.meanMB),
    isletToBare: of(({ islet, bare }) => islet.meanMB / bare.meanMB),
    isletPeakMB: of(({ islet }) => islet.peakMB),
    barePeakMB: of(({ bare }) => bare.peakMB),
  };
}
