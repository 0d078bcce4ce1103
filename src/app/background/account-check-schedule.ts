import type { AccountCheckRunner } from '../../domain/account-checks/account-check-runner.js';
import type { InviteService } from '../../domain/invites/invite-service.js';
import type { Telemetry } from '../../ports/telemetry.js';
import { runPeriodically, type Schedule } from './periodic.js';

/** With 20 requests to each homeserver per round, this is about ten requests per second. */
const ROUND_MS = 2_000;

/** Checks accounts periodically and delivers the invitations of people who now have an account. */
export const scheduleAccountChecks = (
  checkRunner: AccountCheckRunner,
  inviteService: InviteService,
  telemetry: Telemetry,
): Schedule =>
  runPeriodically(ROUND_MS, 'account checks', telemetry, async () => {
    const arrived = await checkRunner.run();
    if (arrived?.length !== 0) await inviteService.deliverKnown(arrived);
  });
