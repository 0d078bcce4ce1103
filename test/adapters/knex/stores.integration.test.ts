import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, inject } from 'vitest';
import { type DatabaseOptions, openDatabase } from '../../../src/adapters/knex/database.js';
import { knexStores } from '../../../src/adapters/knex/stores.js';
import { storeContracts } from '../../contracts/all-stores.js';
import type { OpenStores } from '../../contracts/stores.js';
import { freshDatabase, onServer } from '../../support/postgres.js';

const storesOf =
  (place: () => Promise<{ readonly options: DatabaseOptions; remove(): Promise<void> }>): OpenStores =>
  async (clock) => {
    const here = await place();
    const db = await openDatabase(here.options);
    const close = async () => {
      await db.destroy();
      await here.remove();
    };
    return { stores: knexStores(db, clock), close };
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
      database ??= freshDatabase(inject('postgresUrl'));
      const { url } = await database;
      return {
        options: { client: 'pg', url },
        remove: () => onServer(url, 'drop schema public cascade; create schema public'),
      };
    }),
  );
});
