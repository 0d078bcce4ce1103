import type { Knex } from 'knex';
import type { Clock } from '../../ports/clock.js';
import type { SecretBox } from '../../ports/secret-box.js';
import { KnexAccountStatusStore } from './account-status-store.js';
import { KnexAccountStore } from './account-store.js';
import { KnexAuditLog } from './audit-log.js';
import { KnexAssociationStore } from './association-store.js';
import { KnexChangeFeed } from './change-feed.js';
import { KnexUserIdAssignmentStore } from './user-id-assignment-store.js';
import { KnexInviteStore } from './invite-store.js';
import { KnexJobQueue } from './job-queue.js';
import { KnexMirrorStore } from './mirror-store.js';
import { KnexPepperStore } from './pepper-store.js';
import { KnexRateLimits } from './rate-limits.js';
import { ReservingRateLimits } from './reserving-rate-limits.js';
import { KnexSessionStore } from './session-store.js';
import { KnexTermsStore } from './terms-store.js';

/** All SQL stores. Secrets are sealed by `box`. The caller must close `db`. */
export function knexStores(db: Knex, clock: Clock, box: SecretBox) {
  const feed = new KnexChangeFeed(db, clock);
  const jobs = new KnexJobQueue(db, box);
  const audit = new KnexAuditLog(db, clock, box);
  return {
    sessions: new KnexSessionStore(db, box, clock),
    associations: new KnexAssociationStore(db, feed, jobs, audit),
    mirrors: new KnexMirrorStore(db, feed, audit),
    assignments: new KnexUserIdAssignmentStore(db, feed, audit),
    feed,
    peppers: new KnexPepperStore(db),
    accounts: new KnexAccountStore(db, feed, audit),
    accountStatuses: new KnexAccountStatusStore(db),
    terms: new KnexTermsStore(db, feed, audit),
    invites: new KnexInviteStore(db, jobs, box, audit),
    jobs,
    audit,
    limits: new ReservingRateLimits(new KnexRateLimits(db, clock), clock),
  };
}

export type KnexStores = ReturnType<typeof knexStores>;
