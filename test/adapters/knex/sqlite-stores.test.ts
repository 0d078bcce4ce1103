import { describe } from 'vitest';
import { openDatabase } from '../../../src/adapters/knex/database.js';
import { knexStores } from '../../../src/adapters/knex/stores.js';
import { storeContracts } from '../../contracts/all-stores.js';
import { secretBox } from '../../support/secret-box.js';

describe('on SQLite in memory', () => {
  storeContracts(async (clock) => {
    const db = await openDatabase({ client: 'sqlite3', file: ':memory:' });
    return { stores: knexStores(db, clock, secretBox), close: () => db.destroy() };
  });
});
