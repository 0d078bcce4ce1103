import type { RetentionService } from '../../domain/admin/retention-service.js';
import type { Telemetry } from '../../ports/telemetry.js';
import { runPeriodically, type Schedule } from './periodic.js';
import { HOUR_MS } from '../../domain/shared/durations.js';

/** Removes data whose retention time is over, every hour. */
export function scheduleRetention(retentionService: RetentionService, telemetry: Telemetry): Schedule {
  const schedule = runPeriodically(HOUR_MS, 'old data', telemetry, () => retentionService.run());
  return {
    close: () => {
      retentionService.close();
      return schedule.close();
    },
  };
}
