import { accountStatusStoreContract } from './account-status-store.contract.js';
import { accountStoreContract } from './account-store.contract.js';
import { associationStoreContract } from './association-store.contract.js';
import { changeFeedContract } from './change-feed.contract.js';
import { userIdAssignmentStoreContract } from './user-id-assignment-store.contract.js';
import { inviteStoreContract } from './invite-store.contract.js';
import { jobQueueContract } from './job-queue.contract.js';
import { mirrorStoreContract } from './mirror-store.contract.js';
import { pepperStoreContract } from './pepper-store.contract.js';
import { rateLimitsContract } from './rate-limits.contract.js';
import { sessionStoreContract } from './session-store.contract.js';
import type { OpenStores } from './stores.js';
import { termsStoreContract } from './terms-store.contract.js';

/** What all stores of a family promise. */
export function storeContracts(open: OpenStores): void {
  sessionStoreContract(open);
  associationStoreContract(open);
  changeFeedContract(open);
  mirrorStoreContract(open);
  userIdAssignmentStoreContract(open);
  pepperStoreContract(open);
  accountStoreContract(open);
  accountStatusStoreContract(open);
  termsStoreContract(open);
  inviteStoreContract(open);
  jobQueueContract(open);
  rateLimitsContract(open);
}
