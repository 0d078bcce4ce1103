import pg from 'pg';
import { isPooled, type Session } from './pooler.js';

export const CHANNEL = 'islet_changes';

const POLL_MS = 500;

/**
 * Calls back when another instance has moved the position of the change feed: on a notification of PostgreSQL, and also
 * when regular polling detects a change. The two are independent, so no change is missed while the listening connection
 * is being replaced, or behind a pooler, where listening is not possible.
 *
 * @param connection returns the options of a connection, with the current password
 */
export function watch(
  connection: () => pg.ClientConfig,
  position: () => Promise<number>,
  onMove: () => void,
): { close(): void } {
  let client: pg.Client | undefined;
  let seen: number | undefined;
  let isPollQueued = false;
  let isClosed = false;
  /** A pooler assigns the connection to other clients between statements, so notifications would be lost. */
  let isPolling = false;
  let polling = Promise.resolve();

  function poll(): void {
    if (isPollQueued) return;
    isPollQueued = true;
    polling = polling.then(async () => {
      isPollQueued = false;
      // Other callers report an unavailable database; polling continues.
      const now = await position().catch(() => seen);
      if (now === seen || isClosed) return;
      seen = now;
      onMove();
    });
  }

  async function listen(): Promise<void> {
    if (client || isPolling) return;
    const fresh = new pg.Client(connection());
    client = fresh;
    const replace = () => {
      if (client === fresh) client = undefined;
    };
    fresh.on('error', replace).on('end', replace).on('notification', poll);
    try {
      await fresh.connect();
      isPolling = await isPooled(fresh as pg.Client & Session);
      if (isPolling) await fresh.end();
      else await fresh.query(`listen ${CHANNEL}`);
    } catch {
      replace();
      await fresh.end().catch(() => undefined);
    }
  }

  function keepPolling(): void {
    poll();
    void listen();
  }

  const timer = setInterval(keepPolling, POLL_MS);
  keepPolling();

  return {
    close() {
      isClosed = true;
      clearInterval(timer);
      client?.end().catch(() => undefined);
    },
  };
}
