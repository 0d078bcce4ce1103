import type { Knex } from 'knex';

/** Indexes for removing what is older than its retention time. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('invites', (t) => {
    t.index('delivered_at', 'invites_delivered_index', { predicate: db.whereNotNull('delivered_at') }); // purgeDelivered()
  });
  await db.schema.alterTable('accepted_terms', (t) => t.index('accepted_at')); // purge()
  await db.schema.alterTable('holders', (t) => {
    t.index(['mxid', 'source', 'entry_id'], 'holders_left_index', { predicate: db.whereNotNull('left_at') }); // departed()
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.alterTable('holders', (t) => t.dropIndex([], 'holders_left_index'));
  await db.schema.alterTable('accepted_terms', (t) => t.dropIndex('accepted_at'));
  await db.schema.alterTable('invites', (t) => t.dropIndex([], 'invites_delivered_index'));
}
