import { afterAll, describe } from 'vitest';
import { openDatabase } from '../../../src/adapters/knex/database.js';
import { knexStores } from '../../../src/adapters/knex/stores.js';
import { accountStatusStoreContract } from '../../contracts/account-status-store.contract.js';
import { storeContracts } from '../../contracts/all-stores.js';
import { changeFeedContract } from '../../contracts/change-feed.contract.js';
import { jobQueueContract } from '../../contracts/job-queue.contract.js';
import type { OpenStores } from '../../contracts/stores.js';
import { migratedPostgres } from '../../support/migrated-postgres.js';
import { startPgBouncer } from '../../support/pgbouncer.js';
import { sharedPostgres } from '../../support/services.js';
import { secretBox } from '../../support/secret-box.js';

const postgres = await sharedPostgres();

const { url, empty, drop } = await migratedPostgres(postgres.url);
afterAll(drop);

/** Session mode of PgBouncer is like PostgreSQL itself: only several connections can make a difference. */
const contracts = {
  transaction: storeContracts,
  session: (open: OpenStores) => {
    changeFeedContract(open);
    jobQueueContract(open);
    accountStatusStoreContract(open);
  },
};

describe.each(['transaction', 'session'] as const)('stores behind PgBouncer in %s mode', async (poolMode) => {
  const pooler = await startPgBouncer(url, poolMode);
  const db = await openDatabase({ client: 'pg', url: pooler.url });
  afterAll(async () => {
    await db.destroy();
    await pooler.stop();
  });

  contracts[poolMode](async (clock) => ({ stores: knexStores(db, clock, secretBox), close: empty }));
});
