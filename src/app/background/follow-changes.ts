import type { ChangeFeed } from '../../ports/change-feed.js';
import type { Telemetry } from '../../ports/telemetry.js';

const AGAIN_AFTER_MS = 1000;

/** What is kept up to date with the change feed. */
export interface Follower {
  /** Resolves when it includes everything that was stored before the call. */
  catchUp(): Promise<void>;
}

/**
 * Keeps the followers up to date, beginning now. A follower that fails tries again every second: the next change may be days away,
 * and until then lookups would lack this one. The log contains the first failure in a row.
 */
export function followChanges(
  feed: ChangeFeed,
  followers: readonly Follower[],
  telemetry: Telemetry,
): { close(): void } {
  const timers = new Map<Follower, NodeJS.Timeout>();
  let isClosed = false;

  function follow(follower: Follower): void {
    follower.catchUp().then(
      () => forget(follower),
      (cause: unknown) => {
        if (isClosed) return;
        if (!timers.has(follower))
          telemetry.warn('change feed could not be read, will be retried', { event: 'change_feed_failed' }, cause);
        forget(follower);
        timers.set(follower, setTimeout(follow, AGAIN_AFTER_MS, follower));
      },
    );
  }

  function forget(follower: Follower): void {
    clearTimeout(timers.get(follower));
    timers.delete(follower);
  }

  const followAll = () => {
    for (const follower of followers) follow(follower);
  };
  const watching = feed.onChange(followAll);
  followAll();
  return {
    close() {
      isClosed = true;
      watching.close();
      for (const follower of followers) forget(follower);
    },
  };
}
