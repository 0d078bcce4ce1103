import { ShutdownError } from '../../domain/shared/errors.js';
import type { MirrorService } from '../../domain/mirror/mirror-service.js';
import type { Clock } from '../../ports/clock.js';
import type { RateLimits } from '../../ports/rate-limits.js';
import type { Telemetry } from '../../ports/telemetry.js';
import { mirroredIn, type ConfiguredSource } from '../wiring/configured-source.js';
import { runPeriodically, isOver, type Schedule } from './periodic.js';
import { type DirectorySyncService, hasNews } from '../../domain/directory-sync/directory-sync-service.js';

/** How often to check whether a sync is due: other instances or the CLI may have synced in the meantime. */
const LONGEST_TICK_MS = 30_000;

/** Syncs every mirror at the configured interval, which is counted across all instances on one database. */
export function scheduleMirrorSyncs(
  configuredSources: readonly ConfiguredSource[],
  mirrorService: MirrorService,
  directorySyncService: DirectorySyncService,
  limits: RateLimits,
  clock: Clock,
  telemetry: Telemetry,
): readonly Schedule[] {
  return mirroredIn(configuredSources).map(({ directory, everyMs, changesEveryMs = Infinity }) => {
    const { name } = directory;
    let isFirst = true;
    const tickMs = Math.min(everyMs / 4, changesEveryMs / 4, LONGEST_TICK_MS);
    const schedule = runPeriodically(tickMs, `sync of ${name}`, telemetry, async () => {
      const due = isFirst ? 'everything' : await dueSync();
      isFirst = false;
      if (!due) return;
      const report = await directorySyncService
        .sync(name, { isIncremental: due === 'changes' })
        .catch((error: unknown) => {
          if (!(error instanceof ShutdownError)) throw error;
          return undefined;
        });
      if (!report) return;
      const { isApplied, added, changed, removed, tookMs } = report;
      const counts = { added: added.count, changed: changed.count, removed: removed.count };
      if (!isApplied) return;
      if (hasNews(report)) telemetry.info('mirror synced', { event: 'mirror_synced', source: name, ...counts, tookMs });
      else telemetry.debug('mirror unchanged', { event: 'mirror_unchanged', source: name, tookMs });
    });
    return {
      close: () => {
        // A listing of a directory may take minutes, and shutdown must not wait for it.
        directory.abort?.();
        return schedule.close();
      },
    };

    async function dueSync(): Promise<'everything' | 'changes' | undefined> {
      const { attemptedAt = -Infinity, incrementalAt = attemptedAt } = await mirrorService.state(name);
      const isDue = async (syncKind: string, since: number, periodMs: number) =>
        isOver(since, periodMs, clock.now()) &&
        // If several instances find it due at the same moment, only one starts it.
        (await limits.consume(`${syncKind} ${name}`, { amount: 1, windowMs: periodMs / 2 })) === 0;
      if (await isDue('sync', attemptedAt, everyMs)) return 'everything';
      if (!(await mirrorService.supportsIncremental(name))) return undefined;
      return (await isDue('changes', incrementalAt, changesEveryMs)) ? 'changes' : undefined;
    }
  });
}
