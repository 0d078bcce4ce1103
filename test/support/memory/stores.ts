import type { Clock } from '../../../src/ports/clock.js';
import { MemoryAccountStatusStore } from './account-status-store.js';
import { MemoryAccountStore } from './account-store.js';
import { MemoryAssociationStore } from './association-store.js';
import { MemoryAuditLog } from './audit-log.js';
import { MemoryChangeFeed } from './change-feed.js';
import { MemoryUserIdAssignmentStore } from './user-id-assignment-store.js';
import { UserIdAssignments } from './user-id-assignments.js';
import { MemoryInviteStore } from './invite-store.js';
import { MemoryJobQueue } from './job-queue.js';
import { MemoryMirrorStore } from './mirror-store.js';
import { MemoryPepperStore } from './pepper-store.js';
import { MemoryRateLimits } from '../../../src/adapters/memory/rate-limits.js';
import { MemorySessionStore } from './session-store.js';
import { MemoryTermsStore } from './terms-store.js';

/** Stores that share data, as stores on one database do. */
export function memoryStores(clock: Clock) {
  const feed = new MemoryChangeFeed(clock);
  const jobs = new MemoryJobQueue();
  const assignments = new UserIdAssignments();
  const associations = new MemoryAssociationStore(feed, jobs);
  const mirrors = new MemoryMirrorStore(feed, assignments);
  const accounts = new MemoryAccountStore();
  const terms = new MemoryTermsStore();
  return {
    sessions: new MemorySessionStore(),
    associations,
    mirrors,
    assignments: new MemoryUserIdAssignmentStore(assignments, { feed, associations, mirrors, accounts, terms }),
    feed,
    peppers: new MemoryPepperStore(),
    accounts,
    accountStatuses: new MemoryAccountStatusStore(),
    terms,
    invites: new MemoryInviteStore(jobs),
    jobs,
    limits: new MemoryRateLimits(clock),
    audit: new MemoryAuditLog(clock),
  };
}
