import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { exists } from '../../test/support/debian.js';

const run = promisify(execFile);

/**
 * The Node.js versions with which the unit is started: the oldest supported one, and the latest of each even major
 * version.
 */
export const NODES = ['20.17.0', '20', '22', '24', '26'];

/**
 * Installs a version of Node.js from the npm package that contains only its program.
 *
 * @returns the path of the program
 */
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
