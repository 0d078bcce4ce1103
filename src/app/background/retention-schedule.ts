import type { RetentionService } from '../../domain/admin/retention-service.js';
import type { Telemetry } from '../../ports/telemetry.js';
import { runPeriodically, type Schedule } from './periodic.js';

const HOUR_MS = 60 * 60 * 1000;

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
