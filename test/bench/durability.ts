import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startHomeserver } from '../support/homeserver.js';
import { type RunningIslet, startIslet } from '../support/islet.js';
import { median } from './measure.js';

/** Fewer than the concurrent sign-ins that one homeserver may delay. */
const CLIENTS = 40;
const ROUNDS = 5;
const ROUND_MS = 3_000;
const TARGET = 0.8;

/** A library whose `fsync` does nothing. */
const NO_SYNC = 'int fsync(int fd) { return 0; }\nint fdatasync(int fd) { return 0; }\n';

/**
 * Sign-ins per second on SQLite, each of which stores an access token, compared with the same build under a library
 * whose `fsync` and `fdatasync` do nothing. Both are measured alternately; the ratio is the median over the rounds.
 */
export async function benchDurability() {
  const folder = await mkdtemp(join(tmpdir(), 'islet-durability-'));
  const closing: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true })];
  try {
    const library = join(folder, 'no-sync.so');
    await writeFile(join(folder, 'no-sync.c'), NO_SYNC);
    await promisify(execFile)('cc', ['-shared', '-fPIC', '-O1', '-o', library, join(folder, 'no-sync.c')]);
    const homeserver = await startHomeserver('example.org');
    closing.push(() => homeserver.close());
    const start = async (): Promise<RunningIslet> => {
      const islet = await startIslet({
        server: { name: 'id.example.org' },
        homeservers: { 'example.org': { url: homeserver.url } },
        accessTokens: { perUser: false },
        limits: { signIn: { perHomeserver: false, perClient: false } },
      });
      closing.push(() => islet.remove());
      return islet;
    };
    const synced = await start();
    process.env['LD_PRELOAD'] = library;
    const unsynced = await start().finally(() => delete process.env['LD_PRELOAD']);

    const figures: { synced: number; unsynced: number }[] = [];
    for (let round = -1; round < ROUNDS; round++) {
      const first = await changesPerSecond(round % 2 === 0 ? synced : unsynced);
      const second = await changesPerSecond(round % 2 === 0 ? unsynced : synced);
      if (round >= 0)
        figures.push(round % 2 === 0 ? { synced: first, unsynced: second } : { synced: second, unsynced: first });
    }
    return {
      clients: CLIENTS,
      syncedPerSecond: Math.round(median(figures.map((figure) => figure.synced))),
      unsyncedPerSecond: Math.round(median(figures.map((figure) => figure.unsynced))),
      syncedToUnsynced: median(figures.map((figure) => figure.synced / figure.unsynced)),
      target: TARGET,
    };
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}

async function changesPerSecond({ url }: RunningIslet): Promise<number> {
  const until = performance.now() + ROUND_MS;
  let answered = 0;
  const since = performance.now();
  const client = async () => {
    while (performance.now() < until) {
      const response = await fetch(`${url}/_matrix/identity/v2/account/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          access_token: 'token-of-alice',
          token_type: 'Bearer',
          matrix_server_name: 'example.org',
          expires_in: 3600,
        }),
      });
      await response.text();
      if (response.status !== 200) throw new Error(`a sign-in was answered ${response.status}`);
      answered += 1;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return (answered * 1_000) / (performance.now() - since);
}
