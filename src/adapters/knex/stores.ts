import type { Knex } from 'knex';
import type { Clock } from '../../ports/clock.js';
import { KnexAccountCheckStore } from './account-check-store.js';
import { KnexAccountStore } from './account-store.js';
import { KnexAssociationStore } from './association-store.js';
import { KnexChangeFeed } from './change-feed.js';
import { KnexHolderStore } from './holder-store.js';
import { KnexInviteStore } from './invite-store.js';
import { KnexJobs } from './jobs.js';
import { KnexMirrorStore } from './mirror-store.js';
import { KnexPepperStore } from './pepper-store.js';
import { KnexRateLimits } from './rate-limits.js';
import { KnexSessionStore } from './session-store.js';
import { KnexTermsStore } from './terms-store.js';

/** Everything kept in SQL. Whoever opened `db` closes it. */
export function knexStores(db: Knex, clock: Clock) {
  const feed = new KnexChangeFeed(db, clock);
  return {
    sessions: new KnexSessionStore(db),
    associations: new KnexAssociationStore(db, feed),
    mirrors: new KnexMirrorStore(db, feed),
    holders: new KnexHolderStore(db, feed),
    feed,
    peppers: new KnexPepperStore(db),
    accounts: new KnexAccountStore(db),
    accountChecks: new KnexAccountCheckStore(db),
    terms: new KnexTermsStore(db),
    invites: new KnexInviteStore(db),
    jobs: new KnexJobs(db),
    limits: new KnexRateLimits(db, clock),
  };
}
