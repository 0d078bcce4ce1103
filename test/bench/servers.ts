import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunningIslet, startIslet } from '../support/islet.js';
import { freePort } from '../support/ports.js';
import type { Side } from './http/requests.js';
import { output } from './measure.js';

export const DIST = join(import.meta.dirname, '../../dist');
/** More than the load needs. */
const UNLIMITED = '900000000/1h';
const CHRT = '/usr/bin/chrt';
const LIMITS = ['addressesPerUser', 'addressesPerHomeserver', 'addressesPerClient'];
/** The only limits that the former build has. */
export const FORMER_LIMITS = ['addressesPerUser'];

/** What the unit of systemd sets for the memory of the C library. All servers get it. */
export const MEMORY_SETTINGS: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ...readFileSync(join(DIST, '../deploy/islet.service'), 'utf8').matchAll(
      /^Environment=(MALLOC_\w+|GLIBC_TUNABLES)=(\S+)$/gm,
    ),
  ].map(([, name = '', value = '']) => [name, value]),
);

export const script = (name: string): string => new URL(name, import.meta.url).pathname;

/** Functions to call at the end of a benchmark, in reverse order. */
export type Closing = (() => Promise<unknown>)[];

/** Writes bindings, an access token and accepted terms into a data folder. */
export const fill = (dist: string, dataDir: string, addresses: number): Promise<string> =>
  output(process.execPath, [...process.execArgv, script('http/fill-bindings.mjs'), dist, dataDir, String(addresses)]);

/** A configuration with terms, and with limits that the load does not reach. */
export const loadedConfig = (dataDir: string, limits: readonly string[] = LIMITS) => ({
  server: { name: 'id.example.org' },
  dataDir,
  terms: {
    policies: {
      privacy: { version: '1', languages: { en: { name: 'Privacy', url: 'https://example.org/privacy/1/en' } } },
    },
  },
  limits: { lookup: Object.fromEntries(limits.map((name) => [name, UNLIMITED])) },
  log: { format: 'json', level: 'info', file: join(dataDir, 'islet.log') },
});

/** Starts a built server with this number of bindings in SQLite. */
export async function startServer(
  dist: string,
  dataDir: string,
  addresses: number,
  closing: Closing,
  limits?: readonly string[],
): Promise<Side & { readonly islet: RunningIslet }> {
  const filled = join(dataDir, '..', 'filled');
  await fill(dist, filled, addresses);
  await cp(filled, dataDir, { recursive: true });
  await rm(filled, { recursive: true });
  return startFilled(dist, dataDir, closing, limits);
}

/** Starts a built server with a data folder that `fill` has written. */
export async function startFilled(
  dist: string,
  dataDir: string,
  closing: Closing,
  limits?: readonly string[],
): Promise<Side & { readonly islet: RunningIslet }> {
  const islet = await startIslet(loadedConfig(dataDir, limits), {}, join(dist, 'app/cli.js'), MEMORY_SETTINGS);
  closing.push(() => islet.remove());
  return { ...(await sideOf(islet)), islet };
}

export async function sideOf(islet: RunningIslet): Promise<Side> {
  return {
    port: Number(new URL(islet.url).port),
    pids: () => [islet.pid() ?? 0],
    pepper: await pepperOf(islet.url),
  };
}

export async function pepperOf(url: string, token = 'token-of-the-bench'): Promise<string> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${url}/_matrix/identity/v2/hash_details`, { headers });
  return String(((await answer.json()) as { lookup_pepper?: string }).lookup_pepper);
}

export async function startBare(addresses: number, closing: Closing): Promise<Side> {
  const port = await freePort();
  const child = fork(script('http/bare-server.mjs'), [String(port), String(addresses)], {
    env: { ...process.env, ...MEMORY_SETTINGS },
  });
  closing.push(() => end(child));
  await once(child, 'message');
  return { port, pids: () => [child.pid ?? 0] };
}

/**
 * Starts the load driver as a batch process of Linux (`chrt` of util-linux), if that can be had: an ordinary one interrupts
 * a server at nearly every answer, if both need the same processor.
 */
export function startDriver(closing: Closing): ChildProcess {
  const asBatch = spawnSync(CHRT, ['--batch', '0', 'true']).status === 0 && {
    execPath: CHRT,
    execArgv: ['--batch', '0', process.execPath],
  };
  const driver = fork(script('http/driver.mjs'), { serialization: 'advanced', ...asBatch });
  closing.push(() => end(driver));
  return driver;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

export async function residentMB(pids: readonly number[]): Promise<number> {
  const statuses = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/status`, 'utf8')));
  return statuses.reduce((sum, status) => sum + Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]), 0) / 1024;
}

/** The processor time that processes have used since they were started, in ms. */
export async function cpuMs(pids: readonly number[]): Promise<number> {
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8')));
  const ticks = stats.map((stat) => {
    const fields = stat.replace(/^.*\) /, '').split(' ');
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, tick) => sum + tick, 0) * MS_PER_TICK;
}

/** The unit in which Linux counts processor time. */
const MS_PER_TICK = 10;
