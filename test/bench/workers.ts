import { readFile } from 'node:fs/promises';
import { type RunningIslet, startIslet } from '../support/islet.js';
import { freshDatabase } from '../support/postgres-server.js';
import { sharedPostgres } from '../support/services.js';
import { Comparisons } from './compare.js';
import { KINDS, type Side } from './http/requests.js';
import type { Line } from './lines.js';
import { output } from './measure.js';
import { type Closing, DIST, loadedConfig, residentMB, script, sideOf, startDriver } from './servers.js';

/**
 * `islet serve --workers 2` compared with one process, both on PostgreSQL. On a machine with two processors the load driver needs
 * some of their time, so the ratio is computed from the processor time of all processes of a server for a request: how
 * many requests two processors answer, as a multiple of one process on one of them.
 */
export async function benchWorkers({ addresses = 100_000, starts = 4, rounds = 9, ms = 300 } = {}) {
  const closing: Closing = [];
  try {
    const postgres = await sharedPostgres();
    const database = await freshDatabase(postgres.url);
    closing.push(() => database.drop());
    await output(process.execPath, [
      ...process.execArgv,
      script('http/fill-bindings.mjs'),
      DIST,
      database.url,
      String(addresses),
    ]);
    const comparisons = new Comparisons();
    let memory: { readonly oneMB: number; readonly twoMB: number } | undefined;
    for (let start = 0; start < starts; start++) {
      const running: Closing = [];
      try {
        const [single, pair] = [await startOn(database.url, 1, running), await startOn(database.url, 2, running)];
        memory ??= { oneMB: await residentMB(single.pids()), twoMB: await residentMB(pair.pids()) };
        const load = { driver: startDriver(running), addresses, rounds, ms };
        await comparisons.warmUp({ pair, single }, load);
        for (const kind of KINDS.filter(({ line }) => line)) await comparisons.measure(kind, { pair, single }, load);
      } finally {
        for (const close of running.toReversed()) await close();
      }
    }
    const requests = comparisons.all;
    const lines = Object.entries(requests).map(([name, measured]): Line => {
      const value = 2 * (measured['pairToSingleByCpu'] ?? Number.NaN);
      return { number: '8', what: `${name}, --workers 2 : one, without the driver`, value, target: 1.7 };
    });
    return { addresses, requests, memory, lines };
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}

async function startOn(database: string, workers: number, closing: Closing): Promise<Side> {
  const { dataDir: _own, log: _file, ...config } = loadedConfig('.');
  const settings = { ...config, database: { url: database }, signing: { keyFile: 'shared.key' } };
  const files = { 'shared.key': `ed25519 shared ${Buffer.alloc(32, 7).toString('base64')}\n` };
  const options = workers > 1 ? ['--workers', String(workers)] : [];
  const islet = await startIslet({ ...settings, log: { file: 'islet.log' } }, files, undefined, {}, options);
  closing.push(() => islet.remove());
  if (workers > 1) await haveStarted(islet, workers);
  const pids = [islet.pid() ?? 0, ...(await childrenOf(islet.pid() ?? 0))];
  return { ...(await sideOf(islet)), pids: () => pids };
}

async function haveStarted(islet: RunningIslet, workers: number): Promise<void> {
  while ((await childrenOf(islet.pid() ?? 0)).length < workers) await new Promise((done) => setTimeout(done, 100));
  // Until the last worker has read its index.
  await new Promise((done) => setTimeout(done, 5_000));
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children.trim() === '' ? [] : children.trim().split(' ').map(Number);
}
