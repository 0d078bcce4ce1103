import type { Clock } from '../../ports/clock.js';
import type { Telemetry } from '../../ports/telemetry.js';
import { isOver, runPeriodically, type Schedule } from './periodic.js';
import { HOUR_MS } from '../../domain/shared/durations.js';

/**
 * Encrypts (seals) secrets that older versions stored unencrypted, and repeats this for secrets that they still
 * store.
 *
 * @param hasSiblings whether instances of an older version may be running: they have one hour to be replaced
 */
export function scheduleSealing(
  sealStored: () => Promise<void>,
  hasSiblings: boolean,
  clock: Clock,
  telemetry: Telemetry,
): Schedule {
  const startedAt = clock.now();
  return runPeriodically(HOUR_MS, 'secrets in clear', telemetry, async () => {
    if (!hasSiblings || isOver(startedAt, HOUR_MS, clock.now())) await sealStored();
  });
}
