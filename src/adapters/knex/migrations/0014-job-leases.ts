import type { Knex } from 'knex';
import { isPostgres } from '../dialect.js';

export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('jobs', (t) => {
    t.text('destination').notNullable().defaultTo(''); // '' in rows of older versions
    t.text('leased_by');
    t.integer('beat').notNullable().defaultTo(0);
    t.text('failure');
    t.bigInteger('queued_at').notNullable().defaultTo(0); // 0 in rows of older versions
    t.index(['destination', 'run_at']); // postpone()
    t.index(['leased_by']); // leases()
  });
  await db.schema.alterTable('invites', (t) => {
    t.bigInteger('confirmed_at');
    t.text('failure');
  });
  await db('invites')
    .whereNotNull('delivered_at')
    .update({ confirmed_at: db.ref('delivered_at') });
  // A SQLite file has one process, so no job can be in progress.
  if (!isPostgres(db)) await db('jobs').update({ hidden_until: 0 });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.alterTable('invites', (t) => {
    t.dropColumns('confirmed_at', 'failure');
  });
  await db.schema.alterTable('jobs', (t) => {
    t.dropIndex(['destination', 'run_at']);
    t.dropIndex(['leased_by']);
    t.dropColumns('destination', 'leased_by', 'beat', 'failure', 'queued_at');
  });
}
