import { execFile } from 'node:child_process';
import { appendFile, chown, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { exists } from './debian.js';
import { createAuthority } from './tls.js';

const run = promisify(execFile);

const DEBIAN = '/usr/lib/postgresql';

/** The roles that must use a password; all other roles are trusted. */
export const ROLE_WITH_PASSWORD = 'islet_with_password';
export const ROLE_WITH_CHANGING_PASSWORD = 'islet_with_changing_password';

/** The folder with the programs of the latest version; `undefined` if there is none. */
export async function findPostgres(): Promise<string | undefined> {
  const versions = await readdir(DEBIAN).catch((): string[] => []);
  const folders = versions.toSorted((a, b) => Number(b) - Number(a)).map((version) => join(DEBIAN, version, 'bin'));
  for (const folder of [...folders, ...(process.env.PATH ?? '').split(':')]) {
    if (await exists(join(folder, 'initdb'))) return folder;
  }
  return undefined;
}

export interface PrivatePostgres {
  readonly url: string;
  /** The certificate authority of its certificate, PEM. */
  readonly ca: string;
  /** Kills all its processes. */
  kill(): Promise<void>;
  /** Starts it again with the same port and data. Does nothing if it is running. */
  start(): Promise<void>;
  restart(): Promise<void>;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
}

/**
 * A private PostgreSQL on a free port of 127.0.0.1, in a separate folder, without durability after power failures. It
 * supports TLS.
 *
 * @param parent where its folder is created
 */
export async function startPostgres(programs: string, parent = tmpdir()): Promise<PrivatePostgres> {
  const folder = await mkdtemp(join(parent, 'islet-postgres-'));
  const owner = await ownerOf(folder);
  const data = join(folder, 'data');
  const call = (program: string, ...args: string[]) => run(join(programs, program), args, { ...owner, cwd: folder });

  await call('initdb', '-D', data, '-U', 'islet', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync');
  const access = join(data, 'pg_hba.conf');
  await writeFile(
    access,
    `host all ${ROLE_WITH_PASSWORD},${ROLE_WITH_CHANGING_PASSWORD} 127.0.0.1/32 scram-sha-256\n${await readFile(access, 'utf8')}`,
  );
  const { ca, certificates } = createAuthority({ postgres: ['127.0.0.1'] });
  for (const [name, text] of [
    ['server.key', certificates.postgres.key],
    ['server.crt', certificates.postgres.cert],
  ] as const) {
    await writeFile(join(data, name), text, { mode: 0o600 });
    if (owner.uid !== undefined && owner.gid !== undefined) await chown(join(data, name), owner.uid, owner.gid);
  }
  const port = await freePort();
  await appendFile(
    join(data, 'postgresql.conf'),
    `listen_addresses = '127.0.0.1'\nport = ${port}\nunix_socket_directories = ''\nfsync = off\nssl = on\nmax_connections = 200\n`,
  );
  const isRunning = () =>
    call('pg_ctl', '-D', data, 'status').then(
      () => true,
      () => false,
    );
  const start = async () => {
    if (await isRunning()) return;
    try {
      await call('pg_ctl', '-w', '-D', data, '-l', join(folder, 'log'), 'start');
    } catch (cause) {
      throw new Error(`PostgreSQL does not start: ${await readFile(join(folder, 'log'), 'utf8')}`, { cause });
    }
  };
  await start();
  return {
    url: `postgres://islet@127.0.0.1:${port}/postgres`,
    ca,
    async kill() {
      const [pid = ''] = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n');
      // It must not start others while these are listed.
      send(Number(pid), 'SIGSTOP');
      const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ');
      for (const child of [pid, ...children].filter(Boolean)) send(Number(child), 'SIGKILL');
      for (const child of [pid, ...children].filter(Boolean)) while (await isAlive(child)) await pause(10);
      await rm(join(data, 'postmaster.pid'), { force: true });
    },
    start,
    restart: async () =>
      void (await call('pg_ctl', '-w', '-D', data, '-l', join(folder, 'log'), '-m', 'fast', 'restart')),
    async stop() {
      if (await isRunning()) await call('pg_ctl', '-w', '-D', data, '-m', 'immediate', 'stop');
      await rm(folder, { recursive: true });
    },
  };
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself.
  }
}

/** Whether a process is running, and is not a zombie. */
const isAlive = (pid: string): Promise<boolean> =>
  readFile(`/proc/${pid}/stat`, 'utf8').then(
    (stat) => !/\) [ZX] /.test(stat),
    () => false,
  );

/** A new empty database on the server at `serverUrl`. */
export async function freshDatabase(
  serverUrl: string,
): Promise<{ readonly url: string; readonly drop: () => Promise<void> }> {
  const name = `test_${process.pid}_${++databases}`;
  await onServer(serverUrl, `create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => onServer(serverUrl, `drop database ${name} with (force)`) };
}

let databases = 0;

/** Runs one statement as an administrator. */
export async function onServer(serverUrl: string, statement: string): Promise<void> {
  const client = new pg.Client(serverUrl);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** PostgreSQL refuses to run as root. As root, it runs as the user that its package created. */
export async function ownerOf(folder: string): Promise<{ uid?: number; gid?: number }> {
  if (process.getuid?.() !== 0) return {};
  const id = async (option: string) => Number((await run('id', [option, 'postgres'])).stdout);
  const owner = { uid: await id('-u'), gid: await id('-g') };
  await chown(folder, owner.uid, owner.gid);
  return owner;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
