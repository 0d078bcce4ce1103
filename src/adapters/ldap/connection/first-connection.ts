import { Deadline } from '../../shared/deadline.js';
import type { Connection } from './connection.js';
import type { Server } from './server.js';

/** After this time the next server is tried as well. It is used if it connects first. */
const LATE_MS = 2_000;

interface Attempt {
  readonly beganAt: number;
  readonly controller: AbortController;
}

/**
 * The first connection that succeeds. Each server is tried some time after the previous one, or as soon as that one has
 * failed. The other attempts are then cancelled, each after the same time.
 *
 * @param servers in order of preference
 * @param recovering servers to try at once in addition, to find out whether they work again
 * @returns `undefined` if no server can be reached
 */
export async function firstConnection(
  servers: readonly Server[],
  recovering: readonly Server[],
  limitMs: number,
): Promise<Connection | undefined> {
  if (servers.length === 0) return undefined;
  const deadline = new Deadline(limitMs);
  const lateMs = Math.min(LATE_MS, limitMs / servers.length);
  const begun = new Set<Server>();
  const pending = new Map<Server, Attempt>();
  return new Promise((resolve) => {
    let isDecided = false;
    let timer: NodeJS.Timeout | undefined;

    const decide = (connection: Connection | undefined): void => {
      isDecided = true;
      clearTimeout(timer);
      for (const { beganAt, controller } of pending.values()) {
        const end = () => controller.abort(new Error('no answer so far, and another server has answered'));
        setTimeout(end, Math.max(0, beganAt + lateMs - performance.now()));
      }
      resolve(connection);
    };
    const begin = async (server: Server): Promise<void> => {
      const controller = new AbortController();
      begun.add(server);
      pending.set(server, { beganAt: performance.now(), controller });
      const connection = await server.open(deadline.left, controller.signal);
      pending.delete(server);
      if (isDecided) connection?.close();
      else if (connection) decide(connection);
      else if (begun.size === servers.length && pending.size === 0) decide(undefined);
      else if (!recovering.includes(server)) beginNext();
    };
    const beginNext = (): void => {
      clearTimeout(timer);
      const next = servers.find((server) => !begun.has(server));
      if (!next) return;
      void begin(next);
      timer = setTimeout(beginNext, lateMs);
    };

    beginNext();
    for (const server of recovering) if (!begun.has(server)) void begin(server);
  });
}
