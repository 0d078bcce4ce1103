import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PROGRAM = `import { mapStackTraces } from ${JSON.stringify(join(import.meta.dirname, '../../../src/app/cli/source-maps.ts'))};

class OddError extends Error {
  override readonly name = 'OddError';
}

function fail(): never {
  throw new OddError('it failed');
}

const stackOf = (work: () => void): string | undefined => {
  try {
    work();
  } catch (error) {
    return (error as Error).stack;
  }
};

mapStackTraces();
const empty = stackOf(() => {
  Error.stackTraceLimit = 0;
  throw new Error('no frames');
});
Error.stackTraceLimit = 10;
const unnamed = stackOf(() => new Function('throw new Error("elsewhere")')());
const ofNode = stackOf(() => void Buffer.alloc('x' as never));
console.log(JSON.stringify({ failed: stackOf(fail), empty, unnamed, ofNode }));
`;

type Printed = Readonly<Record<'failed' | 'empty' | 'unnamed' | 'ofNode', string>>;

describe('stack traces', () => {
  let folder: string;
  const run = async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'dist', 'program.mjs')]);
    return JSON.parse(stdout) as Printed;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'islet-source-maps-'));
    await writeFile(join(folder, 'program.ts'), PROGRAM);
    await build({
      entryPoints: [join(folder, 'program.ts')],
      outfile: join(folder, 'dist', 'program.mjs'),
      bundle: true,
      minifyWhitespace: true,
      sourcemap: true,
      platform: 'node',
      format: 'esm',
    });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('name the line of the source, and leave the rest as Node.js writes it', async () => {
    const { failed, empty, unnamed, ofNode } = await run();
    const line = PROGRAM.split('\n').findIndex((text) => text.includes('it failed')) + 1;
    expect(failed.split('\n')[0]).toBe('OddError: it failed');
    expect(failed.split('\n')[1]).toBe(`    at fail (${join(folder, 'program.ts')}:${line}:9)`);
    expect(empty).toBe('Error: no frames');
    expect(unnamed).toMatch(/^Error: elsewhere\n {4}at eval .*<anonymous>:\d+:\d+/);
    expect(ofNode).toMatch(/^TypeError \[ERR_INVALID_ARG_TYPE\]: The "size" argument/);
    expect(ofNode).toContain('(node:buffer:');
  });

  it('name the built file if its map is missing or damaged', async () => {
    const map = join(folder, 'dist', 'program.mjs.map');
    const text = await readFile(map, 'utf8');
    for (const written of ['{', JSON.stringify({ ...JSON.parse(text), mappings: '' })]) {
      await writeFile(map, written);
      expect((await run()).failed).toMatch(/^OddError: it failed\n {4}at fail \(file:.*\/dist\/program\.mjs:\d+:\d+\)/);
    }
    await rm(map);
    expect((await run()).failed).toMatch(/^OddError: it failed\n {4}at fail \(file:/);
  });
});
