import type { Knex } from 'knex';

/** Existing sessions belong to no user, like those of version 1 of the API. They expire within a day. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('validation_sessions', (t) => t.text('opened_by'));
}

export async function down(db: Knex): Promise<void> {
  await db.schema.alterTable('validation_sessions', (t) => t.dropColumn('opened_by'));
}
