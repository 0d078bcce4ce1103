import { describe } from 'vitest';
import { knexStores } from '../../../src/adapters/knex/stores.js';
import { storeContracts } from '../../contracts/all-stores.js';
import { migratedInMemory } from '../../support/migrated-sqlite.js';
import { secretBox } from '../../support/secret-box.js';

describe('on SQLite in memory', () => {
  storeContracts(async (clock) => {
    const db = await migratedInMemory();
    return { stores: knexStores(db, clock, secretBox), close: () => db.destroy() };
  });
});
