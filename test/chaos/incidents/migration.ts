import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import knex, { type Knex } from 'knex';
import { migrationSource } from '../../../src/adapters/knex/migrations.js';
import type { Scene } from './incident.js';
import { type OtherServer, otherServer } from './other-server.js';

/** The minimum number of migrations of an old database, so that it can contain a binding. */
const OLDEST = 2;
const ROW = { medium: 'email', address: 'old@example.com', mxid: '@old:example.org', bound_at: 1, not_before: 1 };

/** A start on an empty or an old database that is killed once or twice: the next start must succeed. */
export async function killedMigration({ world, model, random }: Scene): Promise<void> {
  const all = (await migrationSource.getMigrations([])).length;
  const isOld = random.chance(0.7);
  const applied = isOld ? OLDEST + random.below(all - OLDEST) : 0;
  const server = await otherServer(world, true);
  try {
    if (isOld) await withDatabase(server, (db) => makeOld(db, applied));
    for (let time = 0; time <= random.below(2); time++)
      await server.run(['serve'], world.fleet.pace * (0.2 + random.next()));
    await server.startOnce();
    await withDatabase(server, async (db) => {
      const [{ count }] = (await db('knex_migrations').count('* as count')) as [{ count: number | string }];
      if (Number(count) !== all) model.isWrong(`${count} of ${all} migrations after a kill`);
      const rows = (await db('associations').select('mxid')) as { mxid: string }[];
      if (rows.length !== (isOld ? 1 : 0)) model.isLost(`${rows.length} bindings after migrations from ${applied}`);
    });
  } catch (error) {
    model.isWrong(`after a kill in migrations from ${applied}: ${String(error)}`);
  } finally {
    await server.drop();
  }
}

async function makeOld(db: Knex, applied: number): Promise<void> {
  for (let count = 0; count < applied; count++) await db.migrate.up({ migrationSource });
  await db('associations').insert({ ...ROW, not_after: Date.now() + 1e12 });
}

async function withDatabase(server: OtherServer, use: (db: Knex) => Promise<void>): Promise<void> {
  const { database } = server;
  if ('file' in database) await mkdir(dirname(database.file), { recursive: true });
  const db =
    'url' in database
      ? knex({ client: 'pg', connection: database.url })
      : knex({ client: 'sqlite3', connection: { filename: database.file }, useNullAsDefault: true });
  try {
    await use(db);
  } finally {
    await db.destroy();
  }
}
