import type { Config } from '../config/config.js';
import { adminHttp, NoAnswerError } from './admin-http.js';

/**
 * Whether a server answers on the admin listener of the configuration.
 *
 * @throws an error if another program uses that port
 */
export async function isServerRunning({ admin: { host, port } }: Config): Promise<boolean> {
  return adminHttp(host, port)('/health/live', { timeoutMs: 2_000 }).then(
    () => true,
    (cause: unknown) => {
      if (cause instanceof NoAnswerError && cause.code === 'ECONNREFUSED') return false;
      throw new Error(`${listenerOf(host, port)} does not answer like Islet: another program may use the port`, {
        cause,
      });
    },
  );
}

export const listenerOf = (host: string, port: number): string => `the admin listener ${host}:${port}`;
