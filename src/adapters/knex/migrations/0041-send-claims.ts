import type { Knex } from 'knex';

/** Which attempt to send a token is under way, so that of several instances one sends it. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('validation_sessions', (t) => {
    t.integer('sending_attempt'); // null: none
    t.bigInteger('sending_at');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.alterTable('validation_sessions', (t) => t.dropColumns('sending_attempt', 'sending_at'));
}
