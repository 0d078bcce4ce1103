import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/ports.js';

/** It compiles each module when it starts. */
const LIMIT_MS = 150_000;
const ROOT = join(import.meta.dirname, '../..');

it('npm run dev starts the demo, and restarts it when a template changes', async () => {
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { scripts: { dev: string } };
  // The demo needs the next two ports for its directory and its homeserver.
  const port = await freePort(3);
  const path = `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH']}`;
  // In a process group, as in a terminal.
  const child = spawn('sh', ['-c', `exec ${scripts.dev} --port ${port}`], {
    cwd: ROOT,
    env: { ...process.env, PATH: path },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)));
  const starts = () => output.split('Islet is running').length - 1;
  try {
    await eventually(() => starts() === 1, LIMIT_MS);
    expect((await fetch(`http://127.0.0.1:${port}/_matrix/identity/v2`)).status).toBe(200);
    const now = new Date();
    await utimes(join(ROOT, 'templates/README.md'), now, now);
    await eventually(() => starts() === 2, LIMIT_MS);
    await eventually(async () =>
      fetch(`http://127.0.0.1:${port}/_matrix/identity/v2`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
  } catch (error) {
    throw new Error(`the output was:\n${output}`, { cause: error });
  } finally {
    const ended = once(child, 'exit');
    process.kill(-(child.pid ?? 0), 'SIGTERM');
    await ended;
  }
}, 400_000);
