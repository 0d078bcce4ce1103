import type { Knex } from 'knex';

/** The content of an invitation mail that is delayed by the rate limit of its address. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('invites', (table) => {
    table.text('pending_mail');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.alterTable('invites', (table) => {
    table.dropColumn('pending_mail');
  });
}
