import type { Invites } from '../domain/invites.js';
import type { Mirrors, SyncOptions } from '../domain/mirrors.js';
import type { SyncReport } from '../domain/sync-report.js';
import type { Clock } from '../ports/clock.js';
import type { RateLimits } from '../ports/rate-limits.js';
import type { Telemetry } from '../ports/telemetry.js';
import { mirroredIn, type Stage } from './chain.js';
import { every, type Schedule } from './schedule.js';

export type Sync = (source: string, options?: SyncOptions) => Promise<SyncReport>;

/** Syncs one source and hands over the invitations that wait for the people it brought. */
export const syncing =
  (mirrors: Mirrors, invites: Invites): Sync =>
  async (source, options) => {
    const report = await mirrors.sync(source, options);
    if (report.isApplied && report.added.count + report.changed.count > 0) await invites.deliverKnown();
    return report;
  };

/** How often a due sync is looked for: several instances, or the CLI, may have synced meanwhile. */
const LONGEST_TICK_MS = 30_000;

/**
 * Keeps every mirror in step: syncs it now and then as often as configured, counted over all
 * instances on one database.
 */
export function keepMirrors(
  stages: readonly Stage[],
  mirrors: Mirrors,
  sync: Sync,
  limits: RateLimits,
  clock: Clock,
  telemetry: Telemetry,
): readonly Schedule[] {
  return mirroredIn(stages).map(({ directory: { name }, everyMs }) => {
    let isFirst = true;
    return every(Math.min(everyMs / 4, LONGEST_TICK_MS), `sync of ${name}`, telemetry, async () => {
      if (!isFirst && !(await isDue())) return;
      isFirst = false;
      const { isApplied, added, changed, removed, tookMs } = await sync(name);
      const counts = { added: added.count, changed: changed.count, removed: removed.count, tookMs };
      if (isApplied) telemetry.info('a mirror is in step with its directory', { source: name, ...counts });
    });

    async function isDue(): Promise<boolean> {
      const { attemptedAt } = await mirrors.state(name);
      if (attemptedAt !== undefined && clock.now() - attemptedAt < everyMs) return false;
      // Of several instances that find it due at the same moment, one goes.
      return (await limits.take(`sync ${name}`, { amount: 1, windowMs: everyMs / 2 })) === 0;
    }
  });
}
