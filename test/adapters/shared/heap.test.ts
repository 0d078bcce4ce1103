import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import { expect, it } from 'vitest';

const source = await readFile(new URL('../../../src/adapters/shared/heap.ts', import.meta.url), 'utf8');
const { code: module } = await transform(source, { loader: 'ts', format: 'esm' });

/** What a program prints as JSON that has the functions of the module. */
async function printed<T>(program: string): Promise<T> {
  const code = `import { getHeapSpaceStatistics } from 'node:v8';\n${module}\n${program}`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code]);
  return JSON.parse(stdout) as T;
}

/** Objects that live for a while, as those of many requests at the same time do. */
const WORK = `
  const kept = [];
  for (let round = 0; round < 40; round++) {
    kept.push(Array.from({ length: 5_000 }, (_, i) => ({ i, text: [i] })));
    if (kept.length > 4) kept.shift();
  }
  const space = getHeapSpaceStatistics().find((one) => one.space_name === 'new_space');
  console.log(JSON.stringify(space.space_size / 2 ** 20));`;

it('keeps the space for new objects small, which V8 would let grow', async () => {
  const [small, grown] = [await printed<number>(`keepNewSpaceSmall();${WORK}`), await printed<number>(WORK)];
  expect(small).toBeLessThanOrEqual(4);
  expect(grown).toBeGreaterThanOrEqual(8);
});

it('lets it grow again after the start', async () => {
  const size = await printed<number>(`keepNewSpaceSmall(); letNewSpaceGrow(); keepNewSpaceSmallAgain();${WORK}`);
  expect(size).toBeGreaterThanOrEqual(8);
});

it('keeps it small when a thread has started, at which V8 sets the growth again', async () => {
  const program = (online: string) => `
    import { Worker } from 'node:worker_threads';
    keepNewSpaceSmall();
    const worker = new Worker('setInterval(() => {}, 1_000)', { eval: true });
    await new Promise((resolve) => worker.once('online', resolve));
    ${online}
    ${WORK}
    process.exit();`;
  expect(await printed<number>(program('keepNewSpaceSmallAgain();'))).toBeLessThanOrEqual(4);
  expect(await printed<number>(program(''))).toBeGreaterThanOrEqual(8);
});

it('frees what is no longer needed, and leaves nothing behind for others to call', async () => {
  const { freedMB, type } = await printed<{ freedMB: number; type: string }>(`
    let texts = Array.from({ length: 200_000 }, (_, i) => ({ i, text: [i] }));
    const before = process.memoryUsage().heapUsed;
    texts = undefined;
    collectGarbage();
    const freedMB = (before - process.memoryUsage().heapUsed) / 2 ** 20;
    console.log(JSON.stringify({ freedMB, type: typeof globalThis.gc }));`);
  expect(freedMB).toBeGreaterThan(8);
  expect(type).toBe('undefined');
});
