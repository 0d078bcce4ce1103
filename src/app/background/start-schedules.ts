import type { IndexUpdater } from '../../domain/hash-index/index-updater.js';
import type { PepperService } from '../../domain/peppers/pepper-service.js';
import { RetentionService } from '../../domain/admin/retention-service.js';
import type { ChangeFeed } from '../../ports/change-feed.js';
import type { Clock } from '../../ports/clock.js';
import { followedIn } from '../wiring/configured-source.js';
import type { App } from '../wiring/open-app.js';
import { followChanges } from './follow-changes.js';
import { runPeriodically, type Schedule } from './periodic.js';
import { scheduleRetention } from './retention-schedule.js';
import { scheduleUpstreamProbes } from './upstream-probes.js';
import { MINUTE_MS } from '../../domain/shared/durations.js';

/** Instances that were disconnected for longer reload everything. */
const FEED_KEPT_MS = 60 * MINUTE_MS;

/** Starts the periodic work for peppers, the change feed, and data that expires. */
export function startSchedules(
  { container, configuredSources, services }: App,
  pepperService: PepperService,
  indexUpdater: IndexUpdater,
  feed: ChangeFeed,
  clock: Clock,
  inviteLifetimeMs: number | undefined,
): Schedule[] {
  const { accountService, validationService, bindingService, inviteService, search, telemetry } = services;
  const following = followChanges(feed, [indexUpdater, ...(search ? [search.nameIndexUpdater] : [])], telemetry);
  const pepperSchedule = runPeriodically(pepperService.checkEveryMs, 'peppers', telemetry, () =>
    pepperService.rotateIfDue(),
  );
  const listening = [
    pepperService.onStale(() => pepperSchedule.runSoon()),
    followedIn(configuredSources)?.onChange(() => pepperSchedule.runSoon()),
    following,
  ];
  return [
    pepperSchedule,
    runPeriodically(MINUTE_MS, 'old bindings', telemetry, () => bindingService.expire()),
    runPeriodically(10 * MINUTE_MS, 'old sessions', telemetry, () => validationService.purge()),
    runPeriodically(10 * MINUTE_MS, 'old access tokens', telemetry, () => accountService.purge()),
    // Invitations can be left waiting after a crash, or after a source failed at the wrong moment.
    runPeriodically(60 * MINUTE_MS, 'waiting invitations', telemetry, () => inviteService.deliverKnown()),
    ...(inviteLifetimeMs === undefined
      ? []
      : [runPeriodically(60 * MINUTE_MS, 'old invitations', telemetry, () => inviteService.expire(inviteLifetimeMs))]),
    runPeriodically(10 * MINUTE_MS, 'old changes', telemetry, () => feed.purge(clock.now() - FEED_KEPT_MS)),
    scheduleRetention(container.get(RetentionService), telemetry),
    ...scheduleUpstreamProbes(configuredSources, telemetry),
    {
      close: () => {
        for (const listener of listening) listener?.close();
        return Promise.resolve();
      },
    },
  ];
}
