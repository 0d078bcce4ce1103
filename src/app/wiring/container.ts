import 'reflect-metadata/lite';
import { Container, type ContainerModule } from 'inversify';
import { AccountService } from '../../domain/accounts/account-service.js';
import { TermsService } from '../../domain/accounts/terms-service.js';
import { AdminService } from '../../domain/admin/admin-service.js';
import { BindingService } from '../../domain/bindings/binding-service.js';
import { DirectorySyncService } from '../../domain/directory-sync/directory-sync-service.js';
import { InviteService } from '../../domain/invites/invite-service.js';
import { LookupService } from '../../domain/lookup/lookup-service.js';
import { MirrorReviewService } from '../../domain/mirror/mirror-review-service.js';
import { MirrorService } from '../../domain/mirror/mirror-service.js';
import { NameIndexUpdater } from '../../domain/people-search/name-index-updater.js';
import { PeopleSearchService } from '../../domain/people-search/people-search-service.js';
import { SearchCallers } from '../../domain/people-search/search-callers.js';
import { UserProfiles } from '../../domain/people-search/user-profiles.js';
import { Quotas } from '../../domain/rate-limiting/quotas.js';
import { RequestAuthenticator } from '../../domain/signing/request-authentication.js';
import { ValidationService } from '../../domain/validation/validation-service.js';
import { Signer } from '../../ports/signer.js';
import { Telemetry } from '../../ports/telemetry.js';
import { UserDirectory } from '../../ports/user-directory.js';
import type { ConfiguredSource } from './configured-source.js';
import { domainModule } from './domain-module.js';
import type { DomainOptions } from './domain-options.js';
import { searchModule } from './search-module.js';
import type { SearchServices, Services } from './services.js';

/** The domain services with the given adapters, of the server or of a test. */
export function buildContainer(
  sources: readonly ConfiguredSource[],
  options: DomainOptions,
  ...adapters: readonly ContainerModule[]
): Container {
  const container = new Container({ defaultScope: 'Singleton' });
  container.load(domainModule(sources, options), ...adapters);
  if (options.search) container.load(searchModule(sources, options.search));
  return container;
}

/** Creates all services, so that wiring errors occur at startup and not later. */
export const servicesOf = (container: Container): Services => ({
  mirrorService: container.get(MirrorService),
  inviteService: container.get(InviteService),
  directorySyncService: container.get(DirectorySyncService),
  accountService: container.get(AccountService),
  termsService: container.get(TermsService),
  requestAuthenticator: container.get(RequestAuthenticator),
  validationService: container.get(ValidationService),
  lookupService: container.get(LookupService),
  bindingService: container.get(BindingService),
  mirrorReviewService: container.get(MirrorReviewService),
  adminService: container.get(AdminService),
  quotas: container.get(Quotas),
  signer: container.get(Signer),
  telemetry: container.get(Telemetry),
  ...(container.isBound(PeopleSearchService) && { search: searchServicesOf(container) }),
});

const searchServicesOf = (container: Container): SearchServices => ({
  peopleSearchService: container.get(PeopleSearchService),
  nameIndexUpdater: container.get(NameIndexUpdater),
  searchCallers: container.get(SearchCallers),
  userProfiles: container.get(UserProfiles),
  userDirectory: container.get(UserDirectory),
});
