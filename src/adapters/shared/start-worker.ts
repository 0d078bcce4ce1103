import type * as Esbuild from 'esbuild';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { keepNewSpaceSmallAgain } from './heap.js';
import { packageRoot } from './package-root.js';

/**
 * Starts a module as a worker thread. It has to be an entry point of the build, too (`deploy/bundle.ts`).
 *
 * @param path below `src/adapters`, without its extension, such as `ldap/sync/listing-worker`
 */
export function startWorker(path: string, options: WorkerOptions): Worker {
  const isTypeScript = import.meta.url.endsWith('.ts');
  const file = isTypeScript ? compiled(path) : join(packageRoot, `dist/adapters/${path}.js`);
  return new Worker(file, options).once('online', keepNewSpaceSmallAgain);
}

const compiledFiles = new Map<string, string>();

/**
 * Worker threads do not run TypeScript. In tests and with `npm run dev`, the worker is compiled from its current
 * source, never taken from an older build.
 */
function compiled(path: string): string {
  const known = compiledFiles.get(path);
  if (known !== undefined) return known;
  const { buildSync } = createRequire(import.meta.url)('esbuild') as typeof Esbuild;
  const entry = join(packageRoot, `src/adapters/${path}.ts`);
  // Inside the project, so that its packages are found.
  const outfile = join(packageRoot, `.cache/workers/${basename(path)}-${process.pid}.mjs`);
  buildSync({ entryPoints: [entry], bundle: true, platform: 'node', format: 'esm', packages: 'external', outfile });
  compiledFiles.set(path, outfile);
  return outfile;
}
