// What the hash index costs: memory, questions, and the time for which it holds up everything else.
// Needs `npm run build`. Alone: node test/bench/hash-index.mjs [claims]
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { CompactHashIndex } from '../../dist/adapters/index/compact-hash-index.js';
import { lookupHash } from '../../dist/domain/hashing.js';

const PAGE = 2_000;
const PROBES = 10_000;
const FEW = 1_000;

/** Two claims a person: an email address and a phone number. */
const claimAt = (i) => ({
  threepid:
    i % 2 === 0
      ? { medium: 'email', address: `firstname.lastname${i}@example.org` }
      : { medium: 'msisdn', address: `49${2_000_000_000 + i}` },
  mxid: `@firstname.lastname${i >> 1}:example.org`,
});

const reader = (claims) =>
  async function* () {
    for (let at = 0; at < claims; at += PAGE) {
      yield Array.from({ length: Math.min(PAGE, claims - at) }, (_, i) => claimAt(at + i));
    }
  };

/** Questions spread over everything stored, every second one about somebody unknown. */
const questions = (claims, pepper) =>
  Array.from({ length: PROBES }, (_, i) => {
    const { threepid } = claimAt(Math.floor((i / PROBES) * claims));
    return lookupHash(i % 2 === 0 ? threepid : { ...threepid, address: `no.${threepid.address}` }, pepper);
  });

function probe(index, hashes, pepper) {
  const start = performance.now();
  for (const hash of hashes) index.find('staff', pepper, hash);
  return performance.now() - start;
}

/** The middle one of many, in ms. */
function probes(index, hashes, pepper) {
  const times = Array.from({ length: 51 }, () => probe(index, hashes, pepper));
  return times.sort((a, b) => a - b)[25];
}

/** How long `work` took, and the longest time for which nothing else could run, while 100 questions are asked every turn. */
async function underTraffic(work, ask) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let isDone = false;
  const traffic = async () => {
    while (!isDone) {
      ask();
      await setImmediate();
    }
  };
  const asking = traffic();
  await setImmediate();
  delay.enable();
  const start = performance.now();
  await work();
  const tookMs = performance.now() - start;
  delay.disable();
  isDone = true;
  await asking;
  return { tookMs, longestPauseMs: delay.max / 1e6, pause99Ms: delay.percentile(99) / 1e6 };
}

export async function measureHashIndex({ claims = 1_000_000 } = {}) {
  const index = new CompactHashIndex();
  await index.prepare('one');

  await index.load('staff', reader(FEW));
  const few = questions(FEW, 'one');
  const probesOfFewMs = probes(index, few, 'one');
  const ask = () => probe(index, few.slice(0, 100), 'one');

  const load = await underTraffic(() => index.load('staff', reader(claims)), ask);
  const { bytes, claims: held } = index.size('staff');
  const probesOfManyMs = probes(index, questions(claims, 'one'), 'one');

  const prepare = await underTraffic(() => index.prepare('two'), ask);

  const added = Array.from({ length: 50_000 }, (_, i) => claimAt(claims + i));
  const change = await underTraffic(() => index.apply('staff', [], added), ask);
  const grown = Array.from({ length: claims * 0.4 }, (_, i) => claimAt(claims + i));
  const growth = await underTraffic(() => index.apply('staff', [], grown), ask);
  await index.close();

  return {
    claims: held,
    bytesPerClaim: bytes / held,
    residentMegabytes: process.memoryUsage.rss() / 2 ** 20,
    [`probe${PROBES}Of${FEW}Ms`]: probesOfFewMs,
    [`probe${PROBES}Of${claims}Ms`]: probesOfManyMs,
    load,
    prepare,
    add50000: change,
    grow: growth,
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const claims = Number(process.argv[2] ?? 1_000_000);
  console.log(JSON.stringify(await measureHashIndex({ claims }), (_, v) => (typeof v === 'number' ? Number(v.toFixed(2)) : v), 2));
}
