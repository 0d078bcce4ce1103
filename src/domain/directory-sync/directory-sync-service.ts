import type { DeprovisioningResult } from '../../ports/user-id-assignment-store.js';
import type { InviteService } from '../invites/invite-service.js';
import type { DeprovisioningService } from '../deprovisioning/deprovisioning-service.js';
import type { MirrorService, SyncOptions } from '../mirror/mirror-service.js';
import type { SyncReport } from '../mirror/sync-report.js';

/** What a sync found, and what followed for those who left or are back. */
export interface SyncOutcome extends SyncReport {
  /** Absent if nothing was applied. */
  readonly deprovisioning?: DeprovisioningResult | undefined;
}

export interface DirectorySyncDependencies {
  readonly mirrorService: MirrorService;
  readonly inviteService: InviteService;
  readonly deprovisioningService: DeprovisioningService;
}

/** A sync of one source and everything that follows from it. */
export class DirectorySyncService {
  constructor(private readonly deps: DirectorySyncDependencies) {}

  /**
   * Syncs one source, suspends or resumes what belongs to people who left it or are back, and delivers
   * the invitations that wait for the people it brought.
   */
  async sync(source: string, options?: SyncOptions): Promise<SyncOutcome> {
    const { mirrorService, inviteService, deprovisioningService } = this.deps;
    // Before the mirror changes: actions since the last sync belong to the users as they are now.
    if (!options?.isDryRun) await deprovisioningService.recordAssignments(source);
    const report = await mirrorService.sync(source, options);
    const deprovisioning =
      report.isApplied && hasNews(report) ? await deprovisioningService.reconcile(source) : undefined;
    if (report.isApplied && report.added.count + report.changed.count > 0) await inviteService.deliverKnown();
    return { ...report, deprovisioning };
  }
}

/** Whether it is worth a word, and a look at who left: once a minute that nothing changed is not. */
export const hasNews = ({ isFull, added, changed, removed }: SyncReport): boolean =>
  isFull || added.count + changed.count + removed.count > 0;
