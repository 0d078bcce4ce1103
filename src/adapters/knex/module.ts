import { ContainerModule } from 'inversify';
import type { Knex } from 'knex';
import { AccountCheckStore } from '../../ports/account-check-store.js';
import { AccountStore } from '../../ports/account-store.js';
import { AssociationStore } from '../../ports/association-store.js';
import { ChangeFeed } from '../../ports/change-feed.js';
import type { Clock } from '../../ports/clock.js';
import { HolderStore } from '../../ports/holder-store.js';
import { InviteStore } from '../../ports/invite-store.js';
import { Jobs } from '../../ports/jobs.js';
import { MirrorStore } from '../../ports/mirror-store.js';
import { PepperStore } from '../../ports/pepper-store.js';
import { RateLimits } from '../../ports/rate-limits.js';
import { SessionStore } from '../../ports/session-store.js';
import { TermsStore } from '../../ports/terms-store.js';
import { knexStores } from './stores.js';

/** Everything kept in SQL. Whoever opened `db` closes it. */
export const knexModule = (db: Knex, clock: Clock) =>
  new ContainerModule(({ bind }) => {
    const stores = knexStores(db, clock);
    bind(SessionStore).toConstantValue(stores.sessions);
    bind(AssociationStore).toConstantValue(stores.associations);
    bind(MirrorStore).toConstantValue(stores.mirrors);
    bind(HolderStore).toConstantValue(stores.holders);
    bind(ChangeFeed).toConstantValue(stores.feed);
    bind(PepperStore).toConstantValue(stores.peppers);
    bind(AccountStore).toConstantValue(stores.accounts);
    bind(AccountCheckStore).toConstantValue(stores.accountChecks);
    bind(TermsStore).toConstantValue(stores.terms);
    bind(InviteStore).toConstantValue(stores.invites);
    bind(Jobs).toConstantValue(stores.jobs);
    bind(RateLimits).toConstantValue(stores.limits);
  });
