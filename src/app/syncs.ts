import { Interrupted } from '../domain/errors.js';
import type { Invites } from '../domain/invites.js';
import type { Leavers } from '../domain/leavers.js';
import type { Mirrors, SyncOptions } from '../domain/mirrors.js';
import type { SyncReport } from '../domain/sync-report.js';
import type { Clock } from '../ports/clock.js';
import type { Departures } from '../ports/holder-store.js';
import type { RateLimits } from '../ports/rate-limits.js';
import type { Telemetry } from '../ports/telemetry.js';
import { mirroredIn, type Stage } from './chain.js';
import { every, isOver, type Schedule } from './schedule.js';

/** What a sync found, and what followed for those who left or are back. */
export interface SyncOutcome extends SyncReport {
  /** Absent if nothing was applied. */
  readonly departures?: Departures | undefined;
}

export type Sync = (source: string, options?: SyncOptions) => Promise<SyncOutcome>;

/**
 * Syncs one source, does what follows for those who left it or are back, and hands over the
 * invitations that wait for the people it brought.
 */
export const syncing =
  (mirrors: Mirrors, invites: Invites, leavers: Leavers): Sync =>
  async (source, options) => {
    // Before it changes: whoever did something here since the last sync did it as who they are now.
    if (!options?.isDryRun) await leavers.record(source);
    const report = await mirrors.sync(source, options);
    const departures = report.isApplied && hasNews(report) ? await leavers.follow(source) : undefined;
    if (report.isApplied && report.added.count + report.changed.count > 0) await invites.deliverKnown();
    return { ...report, departures };
  };

/** Whether it is worth a word, and a look at who left: once a minute that nothing changed is not. */
const hasNews = ({ isWhole, added, changed, removed }: SyncReport): boolean =>
  isWhole || added.count + changed.count + removed.count > 0;

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
  return mirroredIn(stages).map(({ directory, everyMs, changesEveryMs = Infinity }) => {
    const { name } = directory;
    let isFirst = true;
    const tickMs = Math.min(everyMs / 4, changesEveryMs / 4, LONGEST_TICK_MS);
    const schedule = every(tickMs, `sync of ${name}`, telemetry, async () => {
      const due = isFirst ? 'everything' : await whatIsDue();
      isFirst = false;
      if (!due) return;
      const report = await sync(name, { isOfChanges: due === 'changes' }).catch((error: unknown) => {
        if (!(error instanceof Interrupted)) throw error;
        return undefined;
      });
      if (!report) return;
      const { isApplied, added, changed, removed, tookMs } = report;
      const counts = { added: added.count, changed: changed.count, removed: removed.count };
      if (isApplied && hasNews(report)) {
        telemetry.info('a mirror is in step with its directory', { source: name, ...counts, tookMs });
      }
    });
    return {
      close: () => {
        // A directory may take minutes over a listing, and somebody waits for us to end.
        directory.interrupt?.();
        return schedule.close();
      },
    };

    async function whatIsDue(): Promise<'everything' | 'changes' | undefined> {
      const { attemptedAt = -Infinity, changesAt = attemptedAt } = await mirrors.state(name);
      const isDue = async (what: string, since: number, periodMs: number) =>
        isOver(since, periodMs, clock.now()) &&
        // Of several instances that find it due at the same moment, one goes.
        (await limits.take(`${what} ${name}`, { amount: 1, windowMs: periodMs / 2 })) === 0;
      if (await isDue('sync', attemptedAt, everyMs)) return 'everything';
      if (!(await mirrors.isFollowing(name))) return undefined;
      return (await isDue('changes', changesAt, changesEveryMs)) ? 'changes' : undefined;
    }
  });
}
