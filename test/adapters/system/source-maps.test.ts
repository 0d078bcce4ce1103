import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const SYSTEM = join(import.meta.dirname, '../../../src/adapters/system');

const PROGRAM = `import { reportError } from ${JSON.stringify(join(SYSTEM, 'error-report.ts'))};
import { nameSources } from ${JSON.stringify(join(SYSTEM, 'source-maps.ts'))};

class OddError extends Error {
  override readonly name = 'OddError';
}

function fail(message: string): never {
  throw new OddError(message);
}

const stackOf = (work: () => void): string | undefined => {
  try {
    work();
  } catch (error) {
    return reportError(error).stack;
  }
};

if (process.argv[2] === 'crash') {
  process.on('uncaughtExceptionMonitor', nameSources);
  fail('it crashed');
}
if (process.argv[2] === 'reject') {
  process.on('uncaughtExceptionMonitor', nameSources);
  await Promise.reject(Object.freeze(new OddError('frozen')));
}
const lie = 'two lines\\n    at place (' + import.meta.url + ':1:1)';
console.log(JSON.stringify({
  failed: stackOf(() => fail('it failed')),
  again: stackOf(() => fail('it failed')),
  lied: stackOf(() => fail(lie)),
  long: stackOf(() => { throw Object.assign(new Error('x'), { stack: 'Error: x\\n    at ' + 'file:'.repeat(100_000) }); }),
  unnamed: stackOf(() => new Function('throw new Error("elsewhere")')()),
  ofNode: stackOf(() => void Buffer.alloc('x' as never)),
}));
`;

type Printed = Readonly<Record<'failed' | 'again' | 'lied' | 'long' | 'unnamed' | 'ofNode', string>>;

describe('printed stack traces', () => {
  let folder: string;
  let printed: Printed;
  const start = (...args: string[]) =>
    promisify(execFile)(process.execPath, [join(folder, 'dist', 'program.mjs'), ...args]);
  const run = async () => JSON.parse((await start()).stdout) as Printed;
  const line = PROGRAM.split('\n').findIndex((text) => text.includes('throw new OddError')) + 1;

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
    printed = await run();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('name the line of the source, and leave the rest as Node.js writes it', () => {
    const { failed, again, unnamed, ofNode, long } = printed;
    expect(failed.split('\n')[0]).toBe('OddError: it failed');
    expect(failed.split('\n')[1]).toBe(`    at fail (${join(folder, 'program.ts')}:${line}:9)`);
    expect(again.split('\n')[1]).toBe(failed.split('\n')[1]);
    expect(unnamed).toMatch(/^Error: elsewhere\n {4}at eval .*<anonymous>:\d+:\d+/);
    expect(ofNode).toMatch(/^TypeError(?: \[ERR_INVALID_ARG_TYPE\])?: The "size" argument/);
    expect(ofNode).toContain('(node:buffer:');
    expect(long).toHaveLength('Error: x\n    at '.length + 500_000);
  });

  it('leave a message as it is, even if its lines look like frames', () => {
    const [, second, third] = printed.lied.split('\n');
    expect(second).toMatch(/^ {4}at place \(file:.*\/program\.mjs:1:1\)$/);
    expect(third).toBe(`    at fail (${join(folder, 'program.ts')}:${line}:9)`);
  });

  it('name the source if the error ends the process', async () => {
    await expect(start('crash')).rejects.toMatchObject({
      stderr: expect.stringContaining(`OddError: it crashed\n    at fail (${join(folder, 'program.ts')}:${line}:9)`),
    });
    await expect(start('reject')).rejects.toMatchObject({ stderr: expect.stringContaining('OddError: frozen') });
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
