import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('invites', (t) => {
    t.text('token').primary();
    t.text('medium').notNullable();
    t.text('address').notNullable();
    t.text('alias');
    t.text('room_id').notNullable();
    t.text('sender').notNullable();
    t.text('ephemeral_public_key').notNullable();
    t.text('key_id').notNullable();
    t.bigInteger('created_at').notNullable();
    t.bigInteger('delivered_at'); // null while it is pending
    t.index(['medium', 'address'], 'invites_waiting_index', { predicate: db.whereNull('delivered_at') }); // findWaiting(), waitingThreepids()
    t.index('ephemeral_public_key'); // hasEphemeralKey()
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('invites');
}
