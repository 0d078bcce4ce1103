import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Starts the module `name` beside `importMetaUrl` in a thread. Run from TypeScript, in tests and with
 * `npm run dev`, the thread loads the TypeScript file too, never an older build of it.
 */
export function startWorker(importMetaUrl: string, name: string, options: WorkerOptions): Worker {
  const isTypeScript = importMetaUrl.endsWith('.ts');
  const url = new URL(`./${name}.${isTypeScript ? 'ts' : 'js'}`, importMetaUrl);
  return new Worker(url, isTypeScript ? { ...options, execArgv: ['--import', 'tsx'] } : options);
}
