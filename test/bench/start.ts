import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startIslet } from '../support/islet.js';
import { formerBuild } from './former-build.js';
import { addressAt, hashOf, mxidAt, TOKEN } from './http/people.mjs';
import type { Line } from './lines.js';
import { median } from './measure.js';
import { type Closing, DIST, fill, FORMER_LIMITS, loadedConfig, sideOf } from './servers.js';

const run = promisify(execFile);
const ROUNDS = 5;
const CLI = join(DIST, 'app/cli.js');

/** The processor time of commands, in ms, compared with `node -e 0`, while a server is running. */
export async function benchCommands() {
  const islet = await startIslet({ server: { name: 'id.example.org' } });
  try {
    const config = ['--config', islet.configFile];
    const commands = {
      node: ['-e', '0'],
      version: [CLI, '--version'],
      help: [CLI, '--help'],
      check: [CLI, 'check', ...config],
      lookup: [CLI, 'lookup', 'alice@example.org', ...config],
    };
    const times = new Map<string, number[]>(Object.keys(commands).map((name) => [name, []]));
    for (let round = -1; round < ROUNDS; round++)
      for (const [name, args] of Object.entries(commands)) {
        const ms = await processorMs(args);
        if (round >= 0) times.get(name)?.push(ms);
      }
    const of = (name: string) => times.get(name) ?? [];
    const ratio = (name: string) => median(of(name).map((ms, at) => ms / (of('node')[at] ?? Number.NaN)));
    const line = (name: string, subject: string, target: number): Line => ({
      number: '6',
      what: `${subject}, processor time : node -e 0`,
      value: ratio(name),
      target,
      isMost: true,
    });
    const lines = [
      line('version', 'islet --version', 3),
      line('help', 'islet --help', 3),
      line('check', 'islet check', 8),
      line('lookup', 'islet lookup', 8),
    ];
    return { cpuMs: Object.fromEntries(Object.keys(commands).map((name) => [name, median(of(name))])), lines };
  } finally {
    await islet.remove();
  }
}

/** The processor time of a Node.js program, user and system. The last line of `times` is that of the child processes. */
async function processorMs(args: readonly string[]): Promise<number> {
  const { stdout } = await run('sh', ['-c', '"$@" >/dev/null 2>&1; times', 'sh', process.execPath, ...args]);
  const times = [...(stdout.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
  return times.reduce((sum, [, minutes, seconds]) => sum + (Number(minutes) * 60 + Number(seconds)) * 1_000, 0);
}

/** The time from `islet serve` to its first correct answer with this number of bindings, in ms, compared with the former build. */
export async function benchFirstAnswer({ addresses = 1_000_000, rounds = 3 } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'islet-start-'));
  const closing: Closing = [() => rm(folder, { recursive: true, force: true })];
  try {
    const former = await formerBuild();
    const start = async (dist: string, name: string, limits?: readonly string[]) => {
      const dataDir = join(folder, name);
      await fill(dist, dataDir, addresses);
      const islet = await startIslet(loadedConfig(dataDir, limits), {}, join(dist, 'app/cli.js'));
      closing.push(() => islet.remove());
      return islet;
    };
    const islet = await start(DIST, 'islet');
    const formerServer = former && (await start(former, 'former', FORMER_LIMITS));
    for (const server of [islet, ...(formerServer ? [formerServer] : [])]) await server.stop();
    const firstAnswer = async (server: typeof islet) => {
      const since = performance.now();
      await server.restart();
      await askOnce(server, addresses - 1);
      const ms = performance.now() - since;
      await server.stop();
      return ms;
    };
    const times: { islet: number; former: number }[] = [];
    for (let round = 0; round < rounds; round++)
      times.push({
        islet: await firstAnswer(islet),
        former: formerServer ? await firstAnswer(formerServer) : Number.NaN,
      });
    const value = median(times.map((time) => time.islet / time.former));
    const subject = `islet serve to its first right answer with ${addresses.toLocaleString('en')} addresses : former build`;
    const lines: readonly Line[] = [{ number: '6', what: subject, value, target: 0.6, isMost: true }];
    return {
      addresses,
      ms: median(times.map((time) => time.islet)),
      formerMs: median(times.map((time) => time.former)),
      lines,
    };
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}

async function askOnce(islet: Parameters<typeof sideOf>[0], at: number): Promise<void> {
  const { pepper = '' } = await sideOf(islet);
  const hash = hashOf(addressAt(at), pepper);
  const answer = await fetch(`${islet.url}/_matrix/identity/v2/lookup`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ addresses: [hash], algorithm: 'sha256', pepper }),
  });
  const { mappings } = (await answer.json()) as { mappings?: Record<string, string> };
  if (mappings?.[hash] !== mxidAt(at)) throw new Error('the first answer is wrong');
}
