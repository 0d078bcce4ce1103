import { afterAll, describe } from 'vitest';
import { openDatabase } from '../../../src/adapters/knex/database.js';
import { knexStores } from '../../../src/adapters/knex/stores.js';
import { storeContracts } from '../../contracts/all-stores.js';
import { migratedPostgres } from '../../support/migrated-postgres.js';
import { migratedFile } from '../../support/migrated-sqlite.js';
import { sharedPostgres } from '../../support/services.js';
import { secretBox } from '../../support/secret-box.js';

describe('on a SQLite file', () => {
  storeContracts(async (clock) => {
    const { file, remove } = await migratedFile();
    const db = await openDatabase({ client: 'sqlite3', file });
    const close = async () => {
      await db.destroy();
      await remove();
    };
    return { stores: knexStores(db, clock, secretBox), close };
  });
});

describe('on PostgreSQL', async () => {
  const { url, empty, drop } = await migratedPostgres((await sharedPostgres()).url);
  const db = await openDatabase({ client: 'pg', url });
  afterAll(async () => {
    await db.destroy();
    await drop();
  });
  storeContracts(async (clock) => ({ stores: knexStores(db, clock, secretBox), close: empty }));
});
