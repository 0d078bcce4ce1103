import type { AccountService } from '../../domain/accounts/account-service.js';
import type { BindingService } from '../../domain/bindings/binding-service.js';
import type { InviteService } from '../../domain/invites/invite-service.js';
import type { LookupService } from '../../domain/lookup/lookup-service.js';
import type { MirrorService } from '../../domain/mirror/mirror-service.js';
import type { MirrorReviewService } from '../../domain/mirror/mirror-review-service.js';
import type { AdminService } from '../../domain/admin/admin-service.js';
import type { Quotas } from '../../domain/rate-limiting/quotas.js';
import type { RequestAuthenticator } from '../../domain/signing/request-authentication.js';
import type { ValidationService } from '../../domain/validation/validation-service.js';
import type { TermsService } from '../../domain/accounts/terms-service.js';
import type { NameIndexUpdater } from '../../domain/people-search/name-index-updater.js';
import type { PeopleSearchService } from '../../domain/people-search/people-search-service.js';
import type { SearchCallers } from '../../domain/people-search/search-callers.js';
import type { UserProfiles } from '../../domain/people-search/user-profiles.js';
import type { UserDirectory } from '../../ports/user-directory.js';
import type { Signer } from '../../ports/signer.js';
import type { Telemetry } from '../../ports/telemetry.js';
import type { DirectorySyncService } from '../../domain/directory-sync/directory-sync-service.js';

/** The services for routes, jobs and commands. */
export interface Services {
  readonly accountService: AccountService;
  readonly termsService: TermsService;
  readonly requestAuthenticator: RequestAuthenticator;
  readonly validationService: ValidationService;
  readonly lookupService: LookupService;
  readonly bindingService: BindingService;
  readonly inviteService: InviteService;
  readonly mirrorService: MirrorService;
  /** Syncs a mirror and runs all follow-up steps; `mirrorService.sync` does only the first part. */
  readonly directorySyncService: DirectorySyncService;
  readonly mirrorReviewService: MirrorReviewService;
  readonly adminService: AdminService;
  readonly quotas: Quotas;
  readonly signer: Signer;
  readonly telemetry: Telemetry;
  /** Absent if the search by name is not configured. */
  readonly search?: SearchServices;
}

/** The search for people by name. */
export interface SearchServices {
  readonly peopleSearchService: PeopleSearchService;
  readonly nameIndexUpdater: NameIndexUpdater;
  readonly searchCallers: SearchCallers;
  readonly userProfiles: UserProfiles;
  readonly userDirectory: UserDirectory;
}
