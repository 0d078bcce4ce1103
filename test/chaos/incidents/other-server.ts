import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { stringify } from 'yaml';
import { freePort } from '../../support/ports.js';
import { freshDatabase } from '../../support/postgres-server.js';
import type { World } from '../world.js';

/** Another installation beside that of the world, with the same kind of database. */
export interface OtherServer {
  readonly folder: string;
  /** The URL of its PostgreSQL database, or its SQLite file. */
  readonly database: { readonly url: string } | { readonly file: string };
  /** Runs a command and kills it after a time; without a time it runs to its end. */
  run(
    args: readonly string[],
    killAfterMs?: number,
  ): Promise<{ readonly code: number | null; readonly stdout: string }>;
  /** Starts the server, and stops it as soon as it answers. */
  startOnce(): Promise<void>;
  drop(): Promise<void>;
}

export async function otherServer(world: World, isWithKey: boolean): Promise<OtherServer> {
  const folder = await mkdtemp(join(world.folder, 'other-'));
  const { postgres } = world.services;
  const database = postgres && (await freshDatabase(postgres.url));
  const dataDir = join(folder, 'data');
  if (isWithKey) {
    await mkdir(dataDir);
    await copyFile(world.keyFile, join(dataDir, 'signing.key'));
  }
  const port = await freePort();
  const config = {
    server: { name: 'id.example.org', publicUrl: 'https://id.example.org' },
    listen: { port },
    admin: { port: await freePort() },
    dataDir,
    ...(database && { database: { url: database.url } }),
  };
  const configFile = join(folder, 'islet.yaml');
  await writeFile(configFile, stringify(config), { mode: 0o640 });
  const begin = (args: readonly string[]): ChildProcess =>
    spawn(process.execPath, [world.cli, ...args, '--config', configFile], { stdio: ['ignore', 'pipe', 'pipe'] });
  return {
    folder,
    database: database ? { url: database.url } : { file: join(dataDir, 'islet.db') },
    async run(args, killAfterMs) {
      const child = begin(args);
      let stdout = '';
      child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
      child.stderr?.resume();
      const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
      await once(child, 'close');
      clearTimeout(timer);
      return { code: child.exitCode, stdout };
    },
    async startOnce() {
      const child = begin(['serve']);
      let log = '';
      for (const stream of [child.stdout, child.stderr])
        stream?.on('data', (chunk: Buffer) => (log += chunk.toString()));
      const answers = () =>
        fetch(`http://127.0.0.1:${port}/_matrix/identity/v2`).then(
          ({ ok }) => ok,
          () => false,
        );
      while (!(await answers())) {
        if (child.exitCode !== null || child.signalCode !== null) throw new Error(`Islet did not start: ${log}`);
        await pause(50);
      }
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
    drop: async () => database?.drop(),
  };
}
