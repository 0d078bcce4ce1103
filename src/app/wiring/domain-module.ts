import { ContainerModule } from 'inversify';
import { MemoryRateLimits } from '../../adapters/memory/rate-limits.js';
import { AccountCheckRunner } from '../../domain/account-checks/account-check-runner.js';
import { AccountProber } from '../../domain/account-checks/account-prober.js';
import { AccountStatusCache } from '../../domain/account-checks/account-status-cache.js';
import { AccountService } from '../../domain/accounts/account-service.js';
import { SignInReview } from '../../domain/accounts/sign-in-review.js';
import { TermsService } from '../../domain/accounts/terms-service.js';
import { AdminService } from '../../domain/admin/admin-service.js';
import { BindingService } from '../../domain/bindings/binding-service.js';
import { BindingsSource } from '../../domain/bindings/bindings-source.js';
import { DeprovisioningService } from '../../domain/deprovisioning/deprovisioning-service.js';
import { DirectorySyncService } from '../../domain/directory-sync/directory-sync-service.js';
import { IndexUpdater } from '../../domain/hash-index/index-updater.js';
import { MirrorReviewService } from '../../domain/mirror/mirror-review-service.js';
import { InviteService } from '../../domain/invites/invite-service.js';
import { LookupService } from '../../domain/lookup/lookup-service.js';
import { MirrorService } from '../../domain/mirror/mirror-service.js';
import { PepperService } from '../../domain/peppers/pepper-service.js';
import { UpstreamPepperMonitor } from '../../domain/peppers/upstream-pepper-monitor.js';
import { Quotas } from '../../domain/rate-limiting/quotas.js';
import { RetentionService } from '../../domain/admin/retention-service.js';
import { RequestAuthenticator } from '../../domain/signing/request-authentication.js';
import { ValidationService } from '../../domain/validation/validation-service.js';
import { AccountLookup } from '../../ports/account-lookup.js';
import { AccountStatusStore } from '../../ports/account-status-store.js';
import { AccountStore } from '../../ports/account-store.js';
import { AssociationStore } from '../../ports/association-store.js';
import { AuditLog } from '../../ports/audit-log.js';
import { ChangeFeed } from '../../ports/change-feed.js';
import { Clock } from '../../ports/clock.js';
import { HashIndex } from '../../ports/hash-index.js';
import { HomeserverKeys } from '../../ports/homeserver-keys.js';
import { Homeservers } from '../../ports/homeservers.js';
import { InviteStore } from '../../ports/invite-store.js';
import { JobQueue } from '../../ports/job-queue.js';
import { MessageSender } from '../../ports/message-sender.js';
import { MirrorStore } from '../../ports/mirror-store.js';
import { PepperStore } from '../../ports/pepper-store.js';
import { Random } from '../../ports/random.js';
import { RateLimits } from '../../ports/rate-limits.js';
import { SessionStore } from '../../ports/session-store.js';
import { Signer } from '../../ports/signer.js';
import { Telemetry } from '../../ports/telemetry.js';
import { TermsStore } from '../../ports/terms-store.js';
import { UserIdAssignmentStore } from '../../ports/user-id-assignment-store.js';
import { all, bindFactory, bindService } from './bind-service.js';
import { type ConfiguredSource, followedIn, mirroredIn } from './configured-source.js';
import type { DomainOptions } from './domain-options.js';
import { checkedSources, claimReaders, sourceChain } from './build-source-chain.js';

/** All services of the domain with their dependencies and options. */
export const domainModule = (sources: readonly ConfiguredSource[], options: DomainOptions) =>
  new ContainerModule((load) => {
    const mirrored = mirroredIn(sources);
    const ambient = { clock: Clock, telemetry: Telemetry };

    bindFactory(load, Quotas, { limits: RateLimits, ...ambient }, ({ limits, clock, telemetry }) => {
      return new Quotas(limits, options.quotas, { limits: new MemoryRateLimits(clock), telemetry });
    });
    bindFactory(
      load,
      AccountService,
      {
        store: AccountStore,
        homeservers: Homeservers,
        random: Random,
        clock: Clock,
        quotas: Quotas,
        statuses: AccountStatusCache,
      },
      ({ statuses, ...deps }) => new AccountService(deps, options.accounts, (mxid) => statuses.markExisting(mxid)),
    );
    bindService(load, SignInReview, { store: AccountStore, accounts: AccountLookup, telemetry: Telemetry });
    bindFactory(load, TermsService, { store: TermsStore, clock: Clock }, ({ store, clock }) => {
      return new TermsService(options.policies, store, clock, options.accounts.outageMs);
    });
    bindFactory(load, RequestAuthenticator, { keys: HomeserverKeys, signer: Signer }, ({ keys, signer }) => {
      return new RequestAuthenticator(keys, signer, options.serverNames);
    });
    bindService(
      load,
      ValidationService,
      { store: SessionStore, senders: all(MessageSender), quotas: Quotas, random: Random, ...ambient },
      options.sessions,
    );

    bindFactory(load, PepperService, { store: PepperStore, index: HashIndex, random: Random, ...ambient }, (deps) => {
      const followed = followedIn(sources);
      const monitor = followed && new UpstreamPepperMonitor(followed, deps.telemetry, options.serverIdentity);
      return new PepperService(deps, options.lookup, monitor);
    });
    bindFactory(
      load,
      IndexUpdater,
      { feed: ChangeFeed, index: HashIndex, mirrors: MirrorStore, associations: AssociationStore },
      ({ feed, index, mirrors, associations }) =>
        new IndexUpdater(feed, index, claimReaders(sources, mirrors, associations)),
    );

    bindService(load, MirrorService, { store: MirrorStore, indexUpdater: IndexUpdater, ...ambient }, mirrored);
    bindService(
      load,
      DeprovisioningService,
      { store: UserIdAssignmentStore, mirrors: MirrorStore, indexUpdater: IndexUpdater, ...ambient },
      mirrored,
    );
    bindFactory(
      load,
      RetentionService,
      { invites: InviteStore, terms: TermsStore, assignments: UserIdAssignmentStore, ...ambient },
      (deps) => new RetentionService(deps, options.retention, options.policies),
    );
    bindService(load, DirectorySyncService, {
      mirrorService: MirrorService,
      inviteService: InviteService,
      deprovisioningService: DeprovisioningService,
    });

    bindFactory(load, AccountStatusCache, { store: AccountStatusStore, clock: Clock }, ({ store, clock }) => {
      return new AccountStatusCache(store, clock);
    });
    bindService(load, AccountProber, {
      store: AccountStatusStore,
      accountStatuses: AccountStatusCache,
      accounts: AccountLookup,
      signIns: AccountStore,
      ...ambient,
    });
    bindFactory(
      load,
      AccountCheckRunner,
      {
        store: AccountStatusStore,
        accountStatuses: AccountStatusCache,
        prober: AccountProber,
        feed: ChangeFeed,
        mirrors: MirrorStore,
        invites: InviteStore,
        associations: AssociationStore,
        index: HashIndex,
        clock: Clock,
      },
      (deps) => new AccountCheckRunner(deps, checkedSources(sources, options, deps)),
    );

    bindFactory(
      load,
      BindingsSource,
      { store: AssociationStore, index: HashIndex, clock: Clock },
      ({ store, index, clock }) => new BindingsSource(store, index, clock),
    );
    bindFactory(
      load,
      LookupService,
      {
        own: BindingsSource,
        mirrorService: MirrorService,
        store: MirrorStore,
        index: HashIndex,
        accountStatuses: AccountStatusCache,
        pepperService: PepperService,
        ...ambient,
      },
      ({ pepperService, clock, telemetry, ...chained }) => {
        const chain = sourceChain(sources, options, { ...chained, clock, telemetry });
        const { lookup, serverIdentity } = options;
        return new LookupService({ pepperService, clock, telemetry }, chain, { ...lookup, serverIdentity });
      },
    );

    bindService(
      load,
      BindingService,
      {
        store: AssociationStore,
        validationService: ValidationService,
        lookupService: LookupService,
        deprovisioningService: DeprovisioningService,
        indexUpdater: IndexUpdater,
        signer: Signer,
        clock: Clock,
      },
      options.bindingService,
    );
    bindService(
      load,
      InviteService,
      {
        store: InviteStore,
        lookupService: LookupService,
        deprovisioningService: DeprovisioningService,
        signer: Signer,
        quotas: Quotas,
        random: Random,
        clock: Clock,
      },
      options.inviteService,
    );
    bindService(load, MirrorReviewService, { mirrors: MirrorStore });
    bindService(load, AdminService, {
      inviteStore: InviteStore,
      jobQueue: JobQueue,
      associations: AssociationStore,
      userBindings: BindingService,
      signIns: AccountStore,
      deprovisioningService: DeprovisioningService,
      audit: AuditLog,
      telemetry: Telemetry,
    });
  });
