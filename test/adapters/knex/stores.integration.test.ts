import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { type DatabaseOptions, openDatabase } from '../../../src/adapters/knex/database.js';
import { knexStores } from '../../../src/adapters/knex/stores.js';
import { storeContracts } from '../../contracts/all-stores.js';
import type { OpenStores } from '../../contracts/stores.js';
import { freshDatabase, onServer } from '../../support/postgres-server.js';
import { sharedPostgres } from '../../support/services.js';
import { secretBox } from '../../support/secret-box.js';

const postgres = await sharedPostgres();

const storesOf =
  (place: () => Promise<{ readonly options: DatabaseOptions; remove(): Promise<void> }>): OpenStores =>
  async (clock) => {
    const database = await place();
    const db = await openDatabase(database.options);
    const close = async () => {
      await db.destroy();
      await database.remove();
    };
    return { stores: knexStores(db, clock, secretBox), close };
  };

describe('on a SQLite file', () => {
  storeContracts(
    storesOf(async () => {
      const folder = await mkdtemp(join(tmpdir(), 'islet-sqlite-'));
      const options = { client: 'sqlite3', file: join(folder, 'islet.db') } as const;
      return { options, remove: () => rm(folder, { recursive: true }) };
    }),
  );
});

describe('on PostgreSQL', () => {
  // One for all of them, because making an empty schema is so much faster.
  let database: ReturnType<typeof freshDatabase> | undefined;
  storeContracts(
    storesOf(async () => {
      database ??= freshDatabase(postgres.url);
      const { url } = await database;
      return {
        options: { client: 'pg', url },
        remove: () => onServer(url, 'drop schema public cascade; create schema public'),
      };
    }),
  );
});
