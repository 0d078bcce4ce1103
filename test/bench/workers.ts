import { readFile } from 'node:fs/promises';
import { type RunningIslet, startIslet } from '../support/islet.js';
import { freshDatabase } from '../support/postgres-server.js';
import { sharedPostgres } from '../support/services.js';
import { compare } from './compare.js';
import type { Comparison } from './comparison.js';
import { KINDS, type Side } from './http/requests.js';
import type { Line } from './lines.js';
import { output } from './measure.js';
import { type Closing, DIST, loadedConfig, residentMB, script, sideOf, startDriver } from './servers.js';

/**
 * `islet serve --workers 2` compared with one process, both on PostgreSQL. On a machine with two processors the load driver needs
 * some of their time, so the ratio is computed from the processor time of all processes of a server for a request: how
 * many requests two processors answer, as a multiple of one process on one of them.
 */
export async function benchWorkers({ addresses = 100_000, rounds = 15, ms = 500 } = {}) {
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
    const driver = startDriver(closing);
    const start = async (workers: number): Promise<Side> => {
      const { dataDir: _own, log: _file, ...config } = loadedConfig('.');
      const settings = { ...config, database: { url: database.url }, signing: { keyFile: 'shared.key' } };
      const files = { 'shared.key': `ed25519 shared ${Buffer.alloc(32, 7).toString('base64')}\n` };
      const options = workers > 1 ? ['--workers', String(workers)] : [];
      const islet = await startIslet({ ...settings, log: { file: 'islet.log' } }, files, undefined, {}, options);
      closing.push(() => islet.remove());
      if (workers > 1) await haveStarted(islet, workers);
      const pids = [islet.pid() ?? 0, ...(await childrenOf(islet.pid() ?? 0))];
      return { ...(await sideOf(islet)), pids: () => pids };
    };
    const [single, pair] = [await start(1), await start(2)];
    const [oneMB, twoMB] = [await residentMB(single.pids()), await residentMB(pair.pids())];
    const requests: Record<string, Comparison> = {};
    for (const kind of KINDS.filter(({ line, clients }) => line && clients === 16))
      requests[kind.name] = await compare(driver, kind, { pair, single }, addresses, rounds, ms);
    const lines = Object.entries(requests).map(([name, measured]): Line => {
      const value = 2 * (measured['pairToSingleByCpu'] ?? Number.NaN);
      return { number: '8', what: `${name}, --workers 2 : one, without the driver`, value, target: 1.7 };
    });
    return { addresses, requests, memory: { oneMB, twoMB }, lines };
  } finally {
    for (const close of closing.toReversed()) await close();
  }
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
