import { Deadline } from '../../shared/deadline.js';
import type { Connection } from './connection.js';
import type { Server } from './server.js';

/** A server that has not let us in by then does not hold up those after it, and is left behind where one of them does. */
const LATE_MS = 2_000;

interface Attempt {
  readonly beganAt: number;
  readonly controller: AbortController;
}

/**
 * Whichever server lets us in first: each is tried a while after the one before it, or as soon as
 * that has failed. The others are ended then, each after the same while.
 *
 * @param servers in the order in which they are wanted
 * @param beside those of them that are tried at once, to see whether they are back
 * @returns `undefined` if none does
 */
export async function firstConnection(
  servers: readonly Server[],
  beside: readonly Server[],
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
        const end = () => controller.abort(new Error('no answer, and another server answers'));
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
      else if (!beside.includes(server)) beginNext();
    };
    const beginNext = (): void => {
      clearTimeout(timer);
      const next = servers.find((server) => !begun.has(server));
      if (!next) return;
      void begin(next);
      timer = setTimeout(beginNext, lateMs);
    };

    beginNext();
    for (const server of beside) if (!begun.has(server)) void begin(server);
  });
}
