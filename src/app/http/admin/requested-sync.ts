import type { AdminService } from '../../../domain/admin/admin-service.js';
import type { DirectorySyncService, SyncOutcome } from '../../../domain/directory-sync/directory-sync-service.js';
import type { SyncOptions } from '../../../domain/mirror/mirror-service.js';
import type { Cause } from '../../../domain/shared/cause.js';

interface Dependencies {
  readonly adminService: Pick<AdminService, 'note'>;
  readonly directorySyncService: DirectorySyncService;
}

/** A sync that an operator requests. The request is recorded in the audit trail before the sync, and the removed people after it. */
export async function requestedSync(
  { adminService, directorySyncService }: Dependencies,
  source: string,
  options: SyncOptions,
  cause: Cause,
): Promise<SyncOutcome> {
  const detail = options.isForced ? 'forced' : undefined;
  if (!options.isDryRun) await adminService.note({ action: 'sync_requested', source, detail }, cause);
  return directorySyncService.sync(source, { ...options, isExplained: true });
}
