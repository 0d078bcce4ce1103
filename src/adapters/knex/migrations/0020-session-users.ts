import type { Knex } from 'knex';

/** Sessions from before it are nobody's, as those of version 1 of the API; they live for a day. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('validation_sessions', (t) => t.text('opened_by'));
}

export async function down(db: Knex): Promise<void> {
  await db.schema.alterTable('validation_sessions', (t) => t.dropColumn('opened_by'));
}
