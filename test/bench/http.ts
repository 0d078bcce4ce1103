import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningIslet, startIslet } from '../support/islet.js';
import { freePort } from '../support/ports.js';
import { formerBuild } from './former-build.js';
import { type Kind, KINDS, requestsFor, type Side } from './http/requests.js';
import { median, output } from './measure.js';

const DIST = join(import.meta.dirname, '../../dist');
/** More than the load asks for. */
const ROOM = '900000000/1h';
const LIMITS = ['addressesPerUser', 'addressesPerHomeserver', 'addressesPerClient'];
/** All that the build before knows. */
const FORMER_LIMITS = ['addressesPerUser'];

const script = (name: string): string => new URL(`http/${name}`, import.meta.url).pathname;

export interface HttpBenchOptions {
  readonly addresses?: number;
  readonly rounds?: number;
  /** How long each server is under load in each round. */
  readonly ms?: number;
  readonly kinds?: readonly Kind[];
}

interface Answer {
  readonly answered: number;
  readonly perSecond: number;
  readonly p99: number;
}

/** Processor time for a request, in ms: it says the same on a busy machine. */
interface Figures extends Answer {
  readonly cpuMs: number;
}

/**
 * Requests a second under a closed loop: of this build, of a bare Express server, and of the build before lookups were
 * answered from memory. They take turns, so that a machine that changes its speed changes it for all; each ratio is the
 * median over the rounds of the ratio within one round, 1 where both are as fast. `byCpu` is the same ratio of the
 * processor time for a request.
 */
export async function benchHttp({ addresses = 100_000, rounds = 5, ms = 2_000, kinds = KINDS }: HttpBenchOptions = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'islet-http-'));
  const closing: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const driver = fork(script('driver.mjs'), { serialization: 'advanced' });
    closing.push(() => end(driver));
    const former = await formerBuild();
    const islet = await startServer(DIST, join(folder, 'islet'), addresses, LIMITS, closing);
    const atRestMB = await residentMB(islet.pid);
    const bare = await startBare(addresses, closing);
    const sides: Record<string, Side> = { islet, bare };
    if (former !== undefined)
      sides['former'] = await startServer(former, join(folder, 'former'), addresses, FORMER_LIMITS, closing);

    const results: Record<string, object> = {};
    for (const kind of kinds) {
      process.stderr.write(`  ${kind.name}\n`);
      results[kind.name] = await compare(driver, kind, sides, addresses, rounds, ms);
    }
    const [isletMB, bareMB] = [await residentMB(islet.pid), await residentMB(bare.pid)];
    return {
      addresses,
      loadOfTheMachine: loadavg()[1],
      requests: results,
      memory: { atRestMB, isletMB, bareMB, isletToBare: isletMB / bareMB },
    };
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}

async function compare(
  driver: ChildProcess,
  kind: Kind,
  sides: Readonly<Record<string, Side>>,
  addresses: number,
  rounds: number,
  ms: number,
) {
  const asked = Object.entries(sides).flatMap(([name, side]) => {
    const requests = requestsFor(kind, side, addresses);
    return requests ? [{ name, side, requests }] : [];
  });
  const figures = new Map<string, Figures[]>(asked.map(({ name }) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const { name, side, requests } of round % 2 === 0 ? asked : asked.toReversed()) {
      const cpuBefore = await cpuMs(side.pid);
      const answer = await order(driver, {
        port: side.port,
        requests,
        clients: kind.clients,
        ms: round < 0 ? 500 : ms,
      });
      const spent = ((await cpuMs(side.pid)) - cpuBefore) / answer.answered;
      if (round >= 0) figures.get(name)?.push({ ...answer, cpuMs: spent });
    }
  }
  const of = (name: string, value: (one: Figures) => number) => figures.get(name)?.map(value) ?? [];
  const perSecond = (name: string) => of(name, (one) => one.perSecond);
  /** Both measures, each as "how many times as fast as the other". */
  const ratios = (name: string, other: string) => {
    if (!figures.has(other)) return {};
    const ratio = (value: (one: Figures) => number) => {
      const others = of(other, value);
      return median(of('islet', value).map((own, at) => own / (others[at] ?? Number.NaN)));
    };
    return { [name]: ratio((one) => one.perSecond), [`${name}ByCpu`]: ratio((one) => 1 / one.cpuMs) };
  };
  return {
    ...Object.fromEntries(asked.map(({ name }) => [`${name}PerSecond`, Math.round(median(perSecond(name)))])),
    isletP99Ms: median(figures.get('islet')?.map((one) => one.p99) ?? []),
    ...ratios('isletToBare', 'bare'),
    ...ratios('isletToFormer', 'former'),
  };
}

async function order(driver: ChildProcess, work: object): Promise<Answer> {
  const answered = once(driver, 'message') as Promise<[Answer & { readonly error?: string }]>;
  driver.send(work);
  const [answer] = await answered;
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer;
}

/** A built server on so many bindings, with terms to accept and limits that leave room for the load. */
async function startServer(
  dist: string,
  dataDir: string,
  addresses: number,
  limits: readonly string[],
  closing: (() => Promise<unknown>)[],
) {
  const filled = join(dataDir, '..', 'filled');
  await output(process.execPath, [script('fill-bindings.mjs'), dist, filled, String(addresses)]);
  await cp(filled, dataDir, { recursive: true });
  await rm(filled, { recursive: true });
  const islet: RunningIslet = await startIslet(
    {
      server: { name: 'id.example.org' },
      dataDir,
      terms: {
        policies: {
          privacy: { version: '1', languages: { en: { name: 'Privacy', url: 'https://example.org/privacy/1/en' } } },
        },
      },
      limits: { lookup: Object.fromEntries(limits.map((name) => [name, ROOM])) },
      log: { format: 'json', level: 'info', file: join(dataDir, 'islet.log') },
    },
    {},
    join(dist, 'app/cli.js'),
  );
  closing.push(() => islet.remove());
  const side = { port: Number(new URL(islet.url).port), pid: islet.pid() ?? 0 };
  return { ...side, pepper: await pepperOf(islet.url) };
}

async function pepperOf(url: string): Promise<string> {
  const headers = { authorization: 'Bearer token-of-the-bench' };
  const answer = await fetch(`${url}/_matrix/identity/v2/hash_details`, { headers });
  return String(((await answer.json()) as { lookup_pepper?: string }).lookup_pepper);
}

async function startBare(addresses: number, closing: (() => Promise<unknown>)[]): Promise<Side> {
  const port = await freePort();
  const child = fork(script('bare-server.mjs'), [String(port), String(addresses)]);
  closing.push(() => end(child));
  await once(child, 'message');
  return { port, pid: child.pid ?? 0 };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function residentMB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

/** Processor time of a process so far, in ms. */
async function cpuMs(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

/** Of the clock in which Linux counts processor time. */
const MS_PER_TICK = 10;
