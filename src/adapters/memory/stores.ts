import type { Clock } from '../../ports/clock.js';
import { MemoryAccountCheckStore } from './account-check-store.js';
import { MemoryAccountStore } from './account-store.js';
import { MemoryAssociationStore } from './association-store.js';
import { MemoryChangeFeed } from './change-feed.js';
import { MemoryHolderStore } from './holder-store.js';
import { Holders } from './holders.js';
import { MemoryInviteStore } from './invite-store.js';
import { MemoryJobs } from './jobs.js';
import { MemoryMirrorStore } from './mirror-store.js';
import { MemoryPepperStore } from './pepper-store.js';
import { MemoryRateLimits } from './rate-limits.js';
import { MemorySessionStore } from './session-store.js';
import { MemoryTermsStore } from './terms-store.js';

/** Stores that share one memory, as those on one database do. */
export function memoryStores(clock: Clock) {
  const feed = new MemoryChangeFeed(clock);
  const jobs = new MemoryJobs();
  const holders = new Holders();
  const associations = new MemoryAssociationStore(feed, jobs);
  const mirrors = new MemoryMirrorStore(feed, holders);
  const accounts = new MemoryAccountStore();
  const terms = new MemoryTermsStore();
  return {
    sessions: new MemorySessionStore(),
    associations,
    mirrors,
    holders: new MemoryHolderStore(holders, { feed, associations, mirrors, accounts, terms }),
    feed,
    peppers: new MemoryPepperStore(),
    accounts,
    accountChecks: new MemoryAccountCheckStore(),
    terms,
    invites: new MemoryInviteStore(jobs),
    jobs,
    limits: new MemoryRateLimits(clock),
  };
}
