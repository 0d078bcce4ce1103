import type { DeprovisioningResult } from '../../ports/user-id-assignment-store.js';
import type { InviteService } from '../invites/invite-service.js';
import type { DeprovisioningService } from '../deprovisioning/deprovisioning-service.js';
import type { MirrorService, SyncOptions } from '../mirror/mirror-service.js';
import type { SyncReport } from '../mirror/sync-report.js';

/** The result of a sync, and its effects on people who left or returned. */
export interface SyncOutcome extends SyncReport {
  /** Absent if nothing was applied. */
  readonly deprovisioning?: DeprovisioningResult | undefined;
}

export interface DirectorySyncDependencies {
  readonly mirrorService: MirrorService;
  readonly inviteService: InviteService;
  readonly deprovisioningService: DeprovisioningService;
}

/**
 * A sync of one source with all its consequences. `domain/mirror` decides whether the result of a sync is applied:
 * `sync-guard.ts`, and `shrink-check.ts` for a directory that shrinks.
 */
export class DirectorySyncService {
  private readonly listeners: ((outcome: SyncOutcome) => void)[] = [];

  constructor(private readonly deps: DirectorySyncDependencies) {}

  /**
   * Syncs one source, suspends or resumes the data of people who left or returned, and delivers waiting invitations to
   * people who were added.
   */
  async sync(source: string, options?: SyncOptions): Promise<SyncOutcome> {
    const { mirrorService, inviteService, deprovisioningService } = this.deps;
    // Before the mirror changes: what users did since the last sync belongs to the current holders of the user IDs.
    if (!options?.isDryRun) await deprovisioningService.recordAssignments(source);
    const report = await mirrorService.sync(source, options);
    const deprovisioning =
      report.isApplied && hasNews(report) ? await deprovisioningService.reconcile(source) : undefined;
    if (report.isApplied && report.added.count + report.changed.count > 0) await inviteService.deliverKnown();
    const outcome = { ...report, deprovisioning };
    if (!options?.isDryRun) for (const listener of this.listeners) listener(outcome);
    return outcome;
  }

  /** Calls `listener` with the outcome of each sync of this instance, applied or not. Dry runs are none. */
  onSynced(listener: (outcome: SyncOutcome) => void): void {
    this.listeners.push(listener);
  }
}

/** Whether the result must be reported, and departures checked: not after an incremental sync without changes. */
export const hasNews = ({ isFull, added, changed, removed }: SyncReport): boolean =>
  isFull || added.count + changed.count + removed.count > 0;
