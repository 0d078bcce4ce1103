import cluster from 'node:cluster';
import type { LoadedConfig } from '../config/config.js';

/** Runs the server, in one process or in several. The process that starts the others loads none of the server. */
export async function runServer(loaded: LoadedConfig, workers: number, env: NodeJS.ProcessEnv): Promise<void> {
  if (workers > 1 && cluster.isPrimary) {
    const { serveWithWorkers } = await import('../http/workers/primary.js');
    await serveWithWorkers(loaded.config, workers);
  } else {
    const { serveUntilSignalled } = await import('./serve.js');
    await serveUntilSignalled(loaded, env);
  }
}
