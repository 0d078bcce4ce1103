import type { Knex } from 'knex';

/** What the mail of an invitation will say, while its address has had enough of them. */
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
