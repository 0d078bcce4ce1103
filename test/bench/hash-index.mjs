// Measures the hash index: its memory, the time of a lookup, and how long it blocks the event loop.
// Needs `npm run build`. Alone: node test/bench/hash-index.mjs [claims]
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { CompactHashIndex } from '../../src/adapters/hash-index/compact-hash-index.ts';
import { lookupHash } from '../../src/domain/identifiers/lookup-hash.ts';

const PAGE = 2_000;
const PROBES = 10_000;
const ROUNDS = 21;
const FEW = 1_000;

/** Two claims a person: an email address and a phone number. */
const claimAt = (i) => ({
  threepid:
    i % 2 === 0
      ? { medium: 'email', address: `firstname.lastname${i}@example.org` }
      : { medium: 'msisdn', address: `49${2_000_000_000 + i}` },
  mxid: `@firstname.lastname${i >> 1}:example.org`,
});

const claimsFrom = (start, count) => Array.from({ length: count }, (_, i) => claimAt(start + i));

const reader = (claims) =>
  async function* () {
    for (let at = 0; at < claims; at += PAGE) yield claimsFrom(at, Math.min(PAGE, claims - at));
  };

/** Hashes of addresses from all parts of the index, different ones in each round. Every second one is unknown. */
const probesOf = (claims, pepper, round) =>
  Array.from({ length: PROBES }, (_, i) => {
    const { threepid } = claimAt(Math.floor(((i + round / ROUNDS) / PROBES) * claims));
    return lookupHash(i % 2 === 0 ? threepid : { ...threepid, address: `no.${threepid.address}` }, pepper);
  });

function ask(index, pepper, hashes) {
  const start = performance.now();
  let found = 0;
  for (const hash of hashes) if (index.find('staff', pepper, hash) !== undefined) found += 1;
  return { tookMs: performance.now() - start, found };
}

/** The median time of several rounds with different hashes, in ms. */
function askAll(index, pepper, claims) {
  const rounds = Array.from({ length: ROUNDS }, (_, round) => ask(index, pepper, probesOf(claims, pepper, round)));
  if (rounds.some(({ found }) => found !== PROBES / 2)) throw new Error('The index answers wrongly');
  return rounds.map(({ tookMs }) => tookMs).sort((a, b) => a - b)[(ROUNDS - 1) / 2];
}

/** How long `work` takes, and how long it blocks the event loop, during 100 lookups per millisecond. */
async function underTraffic(index, work) {
  const hashes = probesOf(FEW, 'one', 0).slice(0, 100);
  let isDone = false;
  const traffic = async () => {
    while (!isDone) {
      ask(index, 'one', hashes);
      await setTimeout(1);
    }
  };
  const asking = traffic();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const start = performance.now();
  await work();
  const tookMs = performance.now() - start;
  delay.disable();
  isDone = true;
  await asking;
  return { tookMs, pauseMs: { longest: delay.max / 1e6, p99: delay.percentile(99) / 1e6 } };
}

/** `idle` is measured with the same lookups but without other work: subtract its pauses from those of the other parts. */
export async function measureHashIndex({ claims = 1_000_000 } = {}) {
  const index = new CompactHashIndex();
  const residentBefore = process.memoryUsage.rss();
  await index.prepare('one');
  await index.load('staff', reader(FEW));
  const ask10000Of1000Ms = askAll(index, 'one', FEW);

  const load = await underTraffic(index, () => index.load('staff', reader(claims)));
  const resident = process.memoryUsage.rss() - residentBefore;
  const size = index.size('staff');
  const ask10000OfAllMs = askAll(index, 'one', claims);

  const idle = await underTraffic(index, () => setTimeout(3_000));
  const prepare = await underTraffic(index, () => index.prepare('two'));
  const more = claimsFrom(claims, claims * 0.05);
  const add = await underTraffic(index, () => index.apply('staff', [], more));
  const stillMore = claimsFrom(claims * 1.05, claims * 0.3);
  const grow = await underTraffic(index, () => index.apply('staff', [], stillMore));
  await index.close();

  return {
    claims: size.claims,
    bytesPerClaim: size.bytes / size.claims,
    residentBytesPerClaim: resident / size.claims,
    ask10000Of1000Ms,
    ask10000OfAllMs,
    idle,
    load,
    prepare,
    add: { claims: more.length, peppers: 2, ...add },
    grow: { claims: stillMore.length, peppers: 2, ...grow },
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const measured = await measureHashIndex({ claims: Number(process.argv[2] ?? 1_000_000) });
  const rounded = (_key, value) => (typeof value === 'number' ? Math.round(value * 100) / 100 : value);
  process.stdout.write(`${JSON.stringify(measured, rounded, 2)}\n`);
}
