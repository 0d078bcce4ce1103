import { describe, expect, it } from 'vitest';
import { type DatabaseOptions, openDatabase } from '../../../src/adapters/knex/database.js';
import { knexStores } from '../../../src/adapters/knex/stores.js';
import type { Clock } from '../../../src/ports/clock.js';
import { auditLogContract } from '../../contracts/audit-log.contract.js';
import { alice } from '../../support/fakes.js';
import { freshDatabase, onServer } from '../../support/postgres-server.js';
import { secretBox } from '../../support/secret-box.js';
import { sharedPostgres } from '../../support/services.js';

const { url } = await freshDatabase((await sharedPostgres()).url);

describe.each<[string, DatabaseOptions, () => Promise<unknown>]>([
  ['SQLite', { client: 'sqlite3', file: ':memory:' }, async () => undefined],
  ['PostgreSQL', { client: 'pg', url }, () => onServer(url, 'drop schema public cascade; create schema public')],
])('the audit trail on %s', (_name, options, clear) => {
  const open = async (clock: Clock) => {
    const db = await openDatabase(options);
    const close = () => db.destroy().then(clear);
    return { db, stores: knexStores(db, clock, secretBox), close };
  };
  auditLogContract(open);

  it('cannot be changed afterwards', async () => {
    const { db, stores, close } = await open({ now: () => 1 });
    await stores.accounts.addToken('token', alice, 1);
    await expect(db('audit').update({ mxid: '@mallory:example.org' })).rejects.toThrow('are not changed');
    await expect(db('audit').update({ made_by: 'nobody' })).rejects.toThrow('are not changed');
    await close();
  });
});
