import type * as Esbuild from 'esbuild';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/** Starts the module `name` in the folder of `importMetaUrl` as a worker thread. */
export function startWorker(importMetaUrl: string, name: string, options: WorkerOptions): Worker {
  const isTypeScript = importMetaUrl.endsWith('.ts');
  const file = isTypeScript ? compiled(importMetaUrl, name) : new URL(`./${name}.js`, importMetaUrl);
  return new Worker(file, options);
}

const compiledFiles = new Map<string, string>();

/**
 * Worker threads do not run TypeScript. In tests and with `npm run dev`, the worker is compiled from its current
 * source, never taken from an older build.
 */
function compiled(importMetaUrl: string, name: string): string {
  const entry = fileURLToPath(new URL(`./${name}.ts`, importMetaUrl));
  const known = compiledFiles.get(entry);
  if (known !== undefined) return known;
  const { buildSync } = createRequire(importMetaUrl)('esbuild') as typeof Esbuild;
  // Inside the project, so that its packages are found.
  const outfile = fileURLToPath(new URL(`../../../.cache/workers/${name}-${process.pid}.mjs`, import.meta.url));
  buildSync({ entryPoints: [entry], bundle: true, platform: 'node', format: 'esm', packages: 'external', outfile });
  compiledFiles.set(entry, outfile);
  return outfile;
}
