import { setTimeout as pause } from 'node:timers/promises';
import type { Telemetry } from '../../ports/telemetry.js';
import type { LoadedConfig } from '../config/config.js';
import { runCheck, runChecks } from '../doctor/doctor.js';
import { RefusedLogins } from '../doctor/refused-logins.js';
import { showDiagnoses } from './doctor.js';
import { watchDoctor } from './doctor-watch.js';
import type { Output } from './operations.js';

/**
 * Runs `islet doctor`, once or repeatedly until SIGINT or SIGTERM.
 *
 * @param load reads the configuration: anew for each run
 * @param periodMs the time between two runs; absent: one run
 * @returns the exit code
 */
export async function doctor(
  load: () => Promise<LoadedConfig>,
  telemetry: Telemetry,
  periodMs: number | undefined,
  output: Output,
): Promise<number> {
  const refusedLogins = new RefusedLogins(Date.now);
  const check = () => runCheck(async () => runChecks(await load(), telemetry, refusedLogins));
  if (periodMs === undefined) return showDiagnoses(await check(), output);
  const end = new AbortController();
  const stop = () => end.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  return watchDoctor({
    ...output,
    check,
    now: () => new Date(),
    pause: () => pause(periodMs, true, { signal: end.signal }).catch(() => false),
  });
}
