import { ContainerModule } from 'inversify';
import { AccountStatusStore } from '../../ports/account-status-store.js';
import { AccountStore } from '../../ports/account-store.js';
import { AssociationStore } from '../../ports/association-store.js';
import { AuditLog } from '../../ports/audit-log.js';
import { ChangeFeed } from '../../ports/change-feed.js';
import { InviteStore } from '../../ports/invite-store.js';
import { JobQueue } from '../../ports/job-queue.js';
import { MirrorStore } from '../../ports/mirror-store.js';
import { PepperStore } from '../../ports/pepper-store.js';
import { RateLimits } from '../../ports/rate-limits.js';
import { SessionStore } from '../../ports/session-store.js';
import { TermsStore } from '../../ports/terms-store.js';
import { UserIdAssignmentStore } from '../../ports/user-id-assignment-store.js';

/** All stores, either on one database or in memory. */
export interface Stores {
  readonly sessions: SessionStore;
  readonly associations: AssociationStore;
  readonly mirrors: MirrorStore;
  readonly assignments: UserIdAssignmentStore;
  readonly feed: ChangeFeed;
  readonly peppers: PepperStore;
  readonly accounts: AccountStore;
  readonly accountStatuses: AccountStatusStore;
  readonly terms: TermsStore;
  readonly invites: InviteStore;
  readonly jobs: JobQueue;
  readonly limits: RateLimits;
  readonly audit: AuditLog;
}

/** The creator of the stores closes the database. */
export const storesModule = (stores: Stores) =>
  new ContainerModule(({ bind }) => {
    bind(SessionStore).toConstantValue(stores.sessions);
    bind(AssociationStore).toConstantValue(stores.associations);
    bind(MirrorStore).toConstantValue(stores.mirrors);
    bind(UserIdAssignmentStore).toConstantValue(stores.assignments);
    bind(ChangeFeed).toConstantValue(stores.feed);
    bind(PepperStore).toConstantValue(stores.peppers);
    bind(AccountStore).toConstantValue(stores.accounts);
    bind(AccountStatusStore).toConstantValue(stores.accountStatuses);
    bind(TermsStore).toConstantValue(stores.terms);
    bind(InviteStore).toConstantValue(stores.invites);
    bind(JobQueue).toConstantValue(stores.jobs);
    bind(AuditLog).toConstantValue(stores.audit);
    bind(RateLimits).toConstantValue(stores.limits);
  });
