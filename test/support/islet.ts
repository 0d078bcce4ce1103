import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { eventually } from './eventually.js';
import { freePort } from './ports.js';
import { needBuild } from './services.js';

await needBuild();

const CLI = join(import.meta.dirname, '../../dist/app/cli.js');

export interface RunningIslet {
  readonly url: string;
  readonly adminUrl: string;
  readonly folder: string;
  readonly configFile: string;
  readonly pid: () => number | undefined;
  /** The log that has arrived so far; the latest lines may be missing. */
  log(): string;
  /** Waits until the log contains a text. @returns the part that contains it */
  logged(text: string | RegExp, limitMs?: number): Promise<string>;
  /** Sends a signal and waits for the end of the process. Returns the exit code, or `null` if the signal ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** Starts the process again with the same folder and ports. */
  restart(): Promise<void>;
  /** Runs another `islet` command with the same configuration. */
  command(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }>;
  /** Asks the admin API of the running server, which takes much less time than a command. */
  admin(
    method: 'GET' | 'POST',
    path: string,
    query?: Readonly<Record<string, string>>,
  ): Promise<Record<string, unknown>>;
  /** Stops the process and removes its folder. */
  remove(): Promise<void>;
}

/**
 * Starts the built server in the same way as an administrator.
 *
 * @param config without `listen`, `admin`, `dataDir` and `log`
 * @param files text files in the same folder, by name
 * @param cli the program of another build
 * @param environment variables in addition to those of this process
 * @param options more options for `islet serve`
 */
export async function startIslet(
  config: Record<string, unknown>,
  files: Readonly<Record<string, string>> = {},
  cli = CLI,
  environment: NodeJS.ProcessEnv = {},
  options: readonly string[] = [],
): Promise<RunningIslet> {
  const prepared = await prepareIslet(config, files, cli, environment, options);
  await prepared.restart().catch(async (error: unknown) => {
    await prepared.remove();
    throw error;
  });
  return prepared;
}

/** The same without starting it: `restart` does. Commands work before. */
export async function prepareIslet(
  config: Record<string, unknown>,
  files: Readonly<Record<string, string>> = {},
  cli = CLI,
  environment: NodeJS.ProcessEnv = {},
  options: readonly string[] = [],
): Promise<RunningIslet> {
  const folder = await mkdtemp(join(tmpdir(), 'islet-'));
  const [port, adminPort] = [await freePort(), await freePort()];
  const configFile = join(folder, 'islet.yaml');
  const written = {
    admin: { port: adminPort },
    dataDir: join(folder, 'data'),
    log: { format: 'json', level: 'info' },
    ...config,
    listen: { port, ...(config['listen'] as object | undefined) },
  };
  await writeFile(configFile, stringify(written), { mode: 0o640 });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 });
  let log = '';
  let child: ChildProcess | undefined;

  const start = async () => {
    const { length: from } = log;
    const started = spawn(process.execPath, [cli, 'serve', '--config', configFile, ...options], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });
    child = started;
    const ended = once(started, 'exit').then(() => true);
    for (const stream of [started.stdout, started.stderr])
      stream?.on('data', (chunk: Buffer) => (log += chunk.toString()));
    const deadline = Date.now() + 180_000;
    while (!(await answers(`http://127.0.0.1:${port}/_matrix/identity/v2`))) {
      if ((await Promise.race([ended, pause(50)])) || Date.now() > deadline)
        throw new Error(`Islet did not start (${started.signalCode ?? started.exitCode}):\n${log.slice(from)}`);
    }
  };
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    if (child?.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    }
    return child?.exitCode ?? null;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    adminUrl: `http://127.0.0.1:${adminPort}`,
    folder,
    configFile,
    pid: () => child?.pid,
    log: () => log,
    logged: (text, limitMs) =>
      eventually(() => (typeof text === 'string' ? log.includes(text) && text : text.exec(log)?.[0]), limitMs).catch(
        () => {
          throw new Error(`the log does not say ${text}:\n${log}`);
        },
      ),
    stop,
    restart: async () => {
      await stop();
      await start();
    },
    command: (...args) => islet([...args, '--config', configFile], { cli }),
    admin: async (method, path, query = {}) => {
      const token = (await readFile(join(folder, 'data', 'admin-token'), 'utf8')).trim();
      const url = `http://127.0.0.1:${adminPort}${path}?${new URLSearchParams(query).toString()}`;
      const response = await fetch(url, { method, headers: { authorization: `Bearer ${token}` } });
      return (await response.json()) as Record<string, unknown>;
    },
    remove: async () => {
      await stop('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Runs one `islet` command and waits for its end. */
export async function islet(
  args: readonly string[],
  { cli = CLI, ...how }: { cwd?: string; env?: NodeJS.ProcessEnv; cli?: string } = {},
) {
  const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'], ...how });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  await once(child, 'close');
  return { code: child.exitCode, stdout, stderr };
}

const pause = (ms: number) => new Promise<false>((resolve) => setTimeout(resolve, ms, false));

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    (response) => response.ok,
    () => false,
  );
}
