import { afterAll, describe } from 'vitest';
import { openDatabase } from '../../../src/adapters/knex/database.js';
import { knexStores } from '../../../src/adapters/knex/stores.js';
import { storeContracts } from '../../contracts/all-stores.js';
import { migratedPostgres } from '../../support/migrated-postgres.js';
import { startPgBouncer } from '../../support/pgbouncer.js';
import { sharedPostgres } from '../../support/services.js';
import { secretBox } from '../../support/secret-box.js';

const postgres = await sharedPostgres();

describe.each(['session', 'transaction'] as const)('stores behind PgBouncer in %s mode', async (poolMode) => {
  const { url, empty, drop } = await migratedPostgres(postgres.url);
  const pooler = await startPgBouncer(url, poolMode);
  const db = await openDatabase({ client: 'pg', url: pooler.url });
  afterAll(async () => {
    await db.destroy();
    await pooler.stop();
    await drop();
  });

  storeContracts(async (clock) => ({ stores: knexStores(db, clock, secretBox), close: empty }));
});
