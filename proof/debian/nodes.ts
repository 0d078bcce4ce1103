import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { exists } from '../../test/support/debian.js';

const run = promisify(execFile);

/** The Node.js versions on which the unit is started: the oldest supported one, and the newest of each even line. */
export const NODES = ['20.17.0', '20', '22', '24', '26'];

/** The program of a version of Node.js, from the npm package that holds nothing else. @returns its path */
export async function nodeProgram(folder: string, version: string): Promise<string> {
  const place = join(folder, `node-${version}`);
  const name = `node-linux-${process.arch}`;
  const program = join(place, 'node_modules', name, 'bin/node');
  if (!(await exists(program))) {
    await mkdir(place, { recursive: true });
    const options = ['install', '--prefix', place, '--no-save', '--ignore-scripts', `${name}@${version}`];
    await run('npm', options, { maxBuffer: 1e8 });
  }
  return program;
}
